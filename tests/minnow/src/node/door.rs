//! How users come in without showing their password: RSA, and SCRAM-SHA-256 (wire-protocol §5).
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::OnceLock;

use base64ct::{Base64, Encoding};
use parking_lot::Mutex;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac, pbkdf2};
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::{Pkcs1v15Encrypt, RsaPrivateKey};

use crate::error::{Error, Result};

/// Small, since a larger key takes seconds to make on a busy machine, while a client waits.
const KEY_BITS: usize = 1024;
const ITERATIONS: u32 = 4096;
/// Clients that begin a proof and leave are forgotten when there are more.
const MOST_PENDING: usize = 1024;

#[derive(Default)]
pub struct Door {
    /// Made when somebody asks for it; servers change theirs now and then.
    key: OnceLock<RsaPrivateKey>,
    /// Proofs that were begun, by session.
    pending: Mutex<HashMap<u64, Exchange>>,
}

/// The first half of a SCRAM login.
#[derive(Clone)]
pub struct Exchange {
    pub user: String,
    pub salt: String,
    pub iterations: u32,
    /// The client's nonce and ours behind it.
    pub nonce: String,
    client_nonce: String,
}

impl Door {
    /// The public key as PEM.
    pub fn public_key(&self) -> Result<String> {
        let pem = self.key()?.to_public_key().to_public_key_pem(LineEnding::LF);
        pem.map_err(|error| Error::runtime(error.to_string()))
    }

    /// What a client encrypted with the public key and wrote in Base64 with line breaks.
    pub fn decrypt(&self, text: &str) -> Result<String> {
        let wrong = || Error::runtime("Failed to decrypt the user name or the password.");
        let digits: String = text.split_ascii_whitespace().collect();
        let bytes = Base64::decode_vec(&digits).map_err(|_| wrong())?;
        let plain = self.key()?.decrypt(Pkcs1v15Encrypt, &bytes).map_err(|_| wrong())?;
        String::from_utf8(plain).map_err(|_| wrong())
    }

    fn key(&self) -> Result<&RsaPrivateKey> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let made = RsaPrivateKey::new(&mut OsRng, KEY_BITS);
        let made = made.map_err(|error| Error::runtime(error.to_string()))?;
        Ok(self.key.get_or_init(|| made))
    }

    /// Begins the proof of `user` in a session.
    pub fn challenge(&self, session: u64, user: &str, client_nonce: &str) -> Result<Exchange> {
        let exchange = Exchange {
            user: user.to_owned(),
            salt: random()?,
            iterations: ITERATIONS,
            nonce: format!("{client_nonce}{}", random()?),
            client_nonce: client_nonce.to_owned(),
        };
        let mut pending = self.pending.lock();
        if pending.len() >= MOST_PENDING {
            pending.clear();
        }
        pending.insert(session, exchange.clone());
        Ok(exchange)
    }

    /// What the session began, which is over with this.
    pub fn begun(&self, session: u64) -> Option<Exchange> {
        self.pending.lock().remove(&session)
    }
}

impl Exchange {
    /// Our signature, if `proof` shows that the client knows `password`.
    pub fn settle(&self, nonce: &str, proof: &str, password: &str) -> Option<String> {
        let salt = Base64::decode_vec(&self.salt).ok()?;
        let mut salted = [0; digest::SHA256_OUTPUT_LEN];
        let rounds = NonZeroU32::new(self.iterations)?;
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, password.as_bytes(), &mut salted);
        let Exchange { user, salt, iterations, nonce: own, client_nonce } = self;
        let message = format!("n={user},r={client_nonce},r={own},s={salt},i={iterations},c=biws,r={own}");
        let client_key = sign(&salted, b"Client Key");
        let stored = digest::digest(&digest::SHA256, client_key.as_ref());
        let signature = sign(stored.as_ref(), message.as_bytes());
        let expected: Vec<u8> =
            client_key.as_ref().iter().zip(signature.as_ref()).map(|(key, own)| key ^ own).collect();
        if nonce != own || Base64::decode_vec(proof).ok()? != expected {
            return None;
        }
        let server_key = sign(&salted, b"Server Key");
        Some(Base64::encode_string(sign(server_key.as_ref(), message.as_bytes()).as_ref()))
    }
}

fn sign(key: &[u8], message: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message)
}

fn random() -> Result<String> {
    let mut bytes = [0; 16];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| Error::runtime("The system gives no random numbers."))?;
    Ok(Base64::encode_string(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of the vendor's Java client that was captured (java_login_scram_then_rsa).
    #[test]
    fn the_proof_of_a_vendor_client_is_believed() {
        let exchange = Exchange {
            user: "admin".into(),
            salt: "MDEyMzQ1Njc4OWFiY2RlZg==".into(),
            iterations: 4096,
            client_nonce: "O+cbXV0lu+NwyJbY+ga+DQ==".into(),
            nonce: "O+cbXV0lu+NwyJbY+ga+DQ==c2VydmVybm9uY2UxMjM0NQ==".into(),
        };
        let proof = "ELNOITUcGK1CZb9PIXnLogyGyFMlyPk0ZckeDY9B2g0=";
        let signature = exchange.settle(&exchange.nonce, proof, "123456");
        assert_eq!(signature.as_deref(), Some("ilf1QmrLZLrm50luQNJfGsriENHKR4EGk+x95hn2DeA="));
        assert_eq!(exchange.settle(&exchange.nonce, proof, "1234567"), None);
        assert_eq!(exchange.settle("another", proof, "123456"), None);
    }
}
