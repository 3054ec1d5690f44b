//! An example as people start it: a process, at an address of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

pub(crate) struct Started {
    process: Child,
    pub(crate) site: String,
}

impl Started {
    /// Waits until the program says where it is, which must be where it was told to be.
    pub(crate) fn new(program: &str, folder: &str) -> Self {
        let port = TcpListener::bind("localhost:0").unwrap().local_addr().unwrap().port();
        let site = format!("localhost:{port}");
        let mut process = Command::new(program).arg(&site).current_dir(folder).stdout(Stdio::piped()).spawn().unwrap();
        let said = process.stdout.take().unwrap();
        let (started, mut line) = (Self { process, site }, String::new());
        BufReader::new(said).read_line(&mut line).unwrap();
        assert!(line.starts_with(&format!("http://{}/", started.site)), "{line}");
        started
    }

    /// The whole answer to a request: `GET /me` and what headers it has, then its body.
    pub(crate) fn ask(&self, request: &str, headers: &[&str], body: &str) -> String {
        let mut connection = TcpStream::connect(&self.site).unwrap();
        let (host, length) = (format!("Host: {}", self.site), format!("Content-Length: {}", body.len()));
        let head = [&[&*host, &*length, "Connection: close"], headers].concat().join("\r\n");
        connection.write_all(format!("{request} HTTP/1.1\r\n{head}\r\n\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // The test is over, however it went.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
