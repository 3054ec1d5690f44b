//! Accounts that are contracts, ready to sign in with, and others that nobody should be able to sign in with.

use k256::ecdsa::SigningKey;
use siwn::{AccountId, KeyType, PrivateKey, PublicKey};

use crate::contract::{Contract, EthereumAddress, WalletKey};
use crate::wallet::TestAccounts;
use crate::{BlockHash, ContractAccount, Devnet};

/// How many members the multisig asks for.
const THRESHOLD: usize = 2;

/// Bytes in the result of `long.test.near`, and in that of `longer.test.near` one more: what one answer may hold at most in many
/// clients.
const LONG: usize = 1024 * 1024;

/// Accounts that are contracts and agree to what their owners want.
#[derive(Debug)]
pub struct ContractAccounts {
    /// `wallet.test.near`: an ed25519 key in its state, and two extensions: `extension.test.near` and `alice.test.near`.
    pub wallet: ContractAccount,
    /// `extension.test.near`: an ed25519 key in its state.
    pub extension: ContractAccount,
    /// `secp256k1.test.near`: a secp256k1 key in its state.
    pub secp256k1: ContractAccount,
    /// `ethereum.test.near`: an Ethereum address in its state.
    pub ethereum: ContractAccount,
    /// `multisig.test.near`: two of its members `alice.test.near`, `bob.test.near` and `carol.test.near` agree. By itself it takes the
    /// first two.
    pub multisig: ContractAccount,
    /// The members, who have access keys.
    pub people: TestAccounts,
}

impl Devnet {
    /// Adds the [`ContractAccounts`] and the people of [`Devnet::add_test_accounts`], and makes three blocks, so that they are final.
    ///
    /// Their keys come from `seed`, as those of the people do. Accounts that are there already get these contracts anew.
    #[must_use]
    pub fn add_contract_accounts(&self, seed: [u8; 32]) -> ContractAccounts {
        let people = self.add_test_accounts(seed);
        let (wallet, extension) =
            (near_wallet("wallet", KeyType::Ed25519, &seed), near_wallet("extension", KeyType::Ed25519, &seed));
        let secp256k1 = near_wallet("secp256k1", KeyType::Secp256k1, &seed);
        let ethereum_key = SigningKey::from_slice(&seed_of("ethereum", &seed)).expect("one in 2^127 hashes is no secp256k1 key");
        let address = EthereumAddress::of(ethereum_key.verifying_key());
        let members = people.people().map(|person| person.name.clone()).into();

        let extensions = vec![name("extension"), people.alice.name.clone()];
        self.contract(&name("wallet"), Contract::Wallet { key: Some(WalletKey::Near(wallet.1)), extensions });
        self.contract(&name("extension"), Contract::signer_wallet(extension.1));
        self.contract(&name("secp256k1"), Contract::signer_wallet(secp256k1.1));
        let ethereum = Contract::Wallet { key: Some(WalletKey::Ethereum(address)), extensions: Vec::new() };
        self.contract(&name("ethereum"), ethereum);
        self.contract(&name("multisig"), Contract::Multisig { members, threshold: THRESHOLD });
        self.settle();

        let TestAccounts { alice, bob, .. } = TestAccounts::from_seed(&seed);
        ContractAccounts {
            wallet: wallet.0,
            extension: extension.0,
            secp256k1: secp256k1.0,
            ethereum: ContractAccount::with_ethereum_key(name("ethereum"), ethereum_key),
            multisig: ContractAccount::with_members(name("multisig"), vec![alice, bob]),
            people,
        }
    }

    /// Adds accounts whose contracts misbehave, and makes three blocks, so that they are final. All of them are asked with
    /// [`open_authorization`], and only `open.test.near` agrees in the end.
    ///
    /// | Account | Its contract |
    /// |---|---|
    /// | `open.test.near` | agrees to everything: whoever names it can speak for it |
    /// | `codeless.test.near` | there is none |
    /// | `methodless.test.near` | has no `w_resolve_auth` |
    /// | `panics.test.near` | panics with 10 kB of line breaks, escape sequences and quotes |
    /// | `endless.test.near` | never ends |
    /// | `unit.test.near`, `garbage.test.near` | returns nothing, or what is no JSON |
    /// | `long.test.near`, `longer.test.near` | returns another payload in 1 MiB, or in one byte more |
    /// | `bomb.test.near` | asks itself 10,000 times |
    /// | `cycle.test.near` | asks itself |
    /// | `chain-0.test.near` to `chain-9.test.near` | asks the next one, the last one `open.test.near` |
    /// | `liar.test.near` | expects another payload of `open.test.near` than it agrees to |
    #[must_use]
    pub fn add_hostile_contracts(&self) -> Vec<AccountId> {
        let garbage = b"{\"payload\": \xff\x00".to_vec();
        let mut contracts = vec![
            (name("open"), Some(Contract::Open)),
            (name("codeless"), None),
            (name("methodless"), Some(Contract::WithoutMethod)),
            (name("panics"), Some(Contract::Panics("no\n\u{1b}[2J\u{1b}[31m\"'<script>\r\n\0".repeat(400).into()))),
            (name("endless"), Some(Contract::NeverEnds)),
            (name("unit"), Some(Contract::Returns(Vec::new()))),
            (name("garbage"), Some(Contract::Returns(garbage))),
            (name("long"), Some(Contract::returning_bytes(LONG))),
            (name("longer"), Some(Contract::returning_bytes(LONG + 1))),
            (name("bomb"), Some(Contract::Bomb { entries: 10_000 })),
            (name("cycle"), Some(Contract::Delegates { to: vec![name("cycle")] })),
            (name("liar"), Some(Contract::LiesAboutExpect { to: name("open") })),
        ];
        contracts.extend((0..10).map(|link| {
            let next = if link == 9 { name("open") } else { name(&format!("chain-{}", link + 1)) };
            (name(&format!("chain-{link}")), Some(Contract::Delegates { to: vec![next] }))
        }));
        let names = contracts.iter().map(|(name, _)| name.clone()).collect();
        for (name, contract) in contracts {
            match contract {
                Some(contract) => self.contract(&name, contract),
                // The only refusal is that the account exists, which is what is wanted.
                None => _ = self.add_account(&name),
            }
        }
        self.settle();
        names
    }

    fn contract(&self, account: &AccountId, contract: Contract) {
        // The only refusal is that the account exists, which is what is wanted.
        _ = self.add_account(account);
        self.deploy(account, contract).expect("the account was added");
    }
}

/// The authorization that contracts take which check no signature: `{"payload": "…"}`.
#[must_use]
pub fn open_authorization(payload: &str) -> String {
    serde_json::json!({"payload": payload}).to_string()
}

fn near_wallet(label: &str, key_type: KeyType, seed: &[u8; 32]) -> (ContractAccount, PublicKey) {
    let key = PrivateKey::from_seed(key_type, seed_of(label, seed)).expect("one in 2^127 hashes is no secp256k1 key");
    let public_key = key.public_key();
    (ContractAccount::with_key(name(label), key), public_key)
}

fn seed_of(label: &str, seed: &[u8; 32]) -> [u8; 32] {
    *BlockHash::of("siwn-devnet contract account", &[seed, label.as_bytes()]).as_bytes()
}

fn name(label: &str) -> AccountId {
    format!("{label}.test.near").parse().expect("the labels above are labels of account ids")
}
