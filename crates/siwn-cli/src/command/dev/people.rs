//! Who can sign in here: people with keys, and accounts that are contracts.

use std::sync::Arc;

use siwn::{AccountId, KeyType, PrivateKey};
use siwn_devnet::{Authorizer, Devnet, Permission, TestAccount};

use crate::failure::Failure;
use crate::input;

/// Everybody, in the order in which the page shows them.
pub(super) struct People {
    /// A key each, the first ones with full access.
    pub(super) with_key: Vec<WithKey>,
    /// Accounts that are contracts.
    pub(super) contracts: Vec<ContractOf>,
}

pub(super) struct WithKey {
    pub(super) account: Arc<TestAccount>,
    pub(super) has_full_access: bool,
}

/// An account that is a contract, and whoever writes what it agrees to.
pub(super) struct ContractOf {
    pub(super) name: AccountId,
    pub(super) what: &'static str,
    pub(super) owner: Arc<dyn Authorizer + Send + Sync>,
}

impl People {
    /// Adds them to the devnet.
    pub(super) fn move_in(devnet: &Devnet) -> Result<Self, Failure> {
        let accounts = devnet.add_contract_accounts(input::random()?);
        let quantum = post_quantum(devnet)?;
        let people = accounts.people;
        let with_key = |account, has_full_access| WithKey { account: Arc::new(account), has_full_access };
        let contract =
            |account: siwn_devnet::ContractAccount, what| ContractOf { name: account.name.clone(), what, owner: Arc::new(account) };
        Ok(Self {
            with_key: vec![
                with_key(people.alice, true),
                with_key(people.bob, true),
                with_key(people.carol, true),
                with_key(people.bob_function_call, false),
                with_key(quantum, true),
            ],
            contracts: vec![
                contract(accounts.wallet, "a contract with a key of its own"),
                contract(accounts.ethereum, "a contract with an Ethereum key"),
                contract(accounts.multisig, "a contract, two of three"),
            ],
        })
    }

    /// Whoever authorizes for an account.
    pub(super) fn authorizers(&self) -> impl Iterator<Item = Arc<dyn Authorizer + Send + Sync>> {
        let keys = self.with_key.iter().filter(|person| person.has_full_access);
        let keys = keys.map(|person| Arc::clone(&person.account) as Arc<dyn Authorizer + Send + Sync>);
        keys.chain(self.contracts.iter().map(|contract| Arc::clone(&contract.owner)))
    }
}

/// `quantum.test.near`, whose key withstands quantum computers.
fn post_quantum(devnet: &Devnet) -> Result<TestAccount, Failure> {
    let name: AccountId = "quantum.test.near".parse().map_err(Failure::unknown)?;
    let private_key = PrivateKey::from_seed(KeyType::MlDsa65, input::random()?).map_err(Failure::unknown)?;
    devnet.add_account(&name).map_err(Failure::unknown)?;
    devnet.add_key(&name, &private_key.public_key(), Permission::FullAccess).map_err(Failure::unknown)?;
    devnet.settle();
    Ok(TestAccount { name, private_key })
}
