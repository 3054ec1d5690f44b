//! How many nodes there are, and how they are asked.

use super::TIMEOUT;
use crate::node::Site;
use crate::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topology {
    One,
    /// The first one has the trouble.
    Two,
    /// Two of three have to agree; the first one has the trouble.
    TwoOfThree,
    /// Two nodes behind one address, which take turns; the first one has the trouble.
    Balanced,
}

impl Topology {
    pub(super) const ALL: [Self; 4] = [Self::One, Self::Two, Self::TwoOfThree, Self::Balanced];

    /// A login server that asks the world's first node, and others, without trouble.
    pub(super) async fn site(self, world: &mut World) -> Site {
        let mut nodes = vec![world.devnet.clone()];
        let others = match self {
            Self::One => 0,
            Self::Two | Self::Balanced => 1,
            Self::TwoOfThree => 2,
        };
        nodes.extend((0..others).map(|_| world.devnet.another_node()));
        let mut urls = Vec::new();
        if self == Self::Balanced {
            urls.push(world.balancer(&nodes).await);
        } else {
            for node in &nodes {
                urls.push(world.url(node).await);
            }
        }
        let agreement = if self == Self::TwoOfThree { 2 } else { 1 };
        world.site(&urls, |settings| (settings.timeout, settings.agreement) = (TIMEOUT, agreement))
    }
}
