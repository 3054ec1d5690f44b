//! What a service manager hears.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use rustix::process::Signal;

use crate::process::Place;

/// The next thing that is said, but for signs of life.
fn next(socket: &UnixDatagram) -> String {
    loop {
        let said = heard(socket);
        if said != "WATCHDOG=1" {
            return said;
        }
    }
}

fn heard(socket: &UnixDatagram) -> String {
    let mut bytes = [0; 256];
    let length = socket.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_hears_of_the_start_of_reloads_of_life_and_of_the_stop() {
    let place = Place::new().await;
    let path = place.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut server = place.serve(&[("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "20000")]);
    assert_eq!(heard(&socket), "READY=1");
    assert_eq!((heard(&socket), heard(&socket)), ("WATCHDOG=1".into(), "WATCHDOG=1".into()));

    server.signal(Signal::HUP);
    let reloading = next(&socket);
    let micros = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
    assert!(micros.parse::<u64>().unwrap() > 0);
    assert_eq!(next(&socket), "READY=1");

    server.signal(Signal::TERM);
    assert_eq!(next(&socket), "STOPPING=1");
    assert_eq!(server.ended().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_without_a_file_is_told_too_and_one_that_is_not_there_is_no_failure() {
    let place = Place::new().await;
    let name = format!("siwn-test-{}", std::process::id());
    let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _server = place.serve(&[("NOTIFY_SOCKET", &format!("@{name}")), ("WATCHDOG_PID", "1"), ("WATCHDOG_USEC", "1000")]);
    assert_eq!(heard(&socket), "READY=1");

    let mut alone = place.serve(&[("NOTIFY_SOCKET", "/nobody/is/here")]);
    alone.signal(Signal::TERM);
    assert_eq!(alone.ended().code(), Some(0));
}
