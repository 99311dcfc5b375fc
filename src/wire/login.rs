//! Logging in over a line that others may read: SCRAM-SHA-256, then RSA, as the vendor's Java and C++
//! clients do (wire-protocol §5).
//!
//! SCRAM proves both sides to each other, and an old server that does not know it says so. Whether
//! it logs a session in is not known, since those clients go on to RSA after it in any case, and so do
//! we. A server that offers neither gets no password. Who only listens learns nothing; who can change
//! bytes can hide SCRAM and exchange the RSA key, so that against them only TLS helps.
use std::num::NonZeroU32;

use base64ct::{Base64, Encoder, Encoding, LineEnding};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac, pbkdf2};
use rsa::pkcs8::DecodePublicKey;
use rsa::rand_core::OsRng;
use rsa::{Pkcs1v15Encrypt, RsaPublicKey};

use super::connection::{Answer, Connection};
use crate::data::{Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::model::Secret;

/// Bytes of a client's nonce.
const NONCE: usize = 16;
/// A server that asks for more rounds wants to keep us busy.
const MOST_ROUNDS: u32 = 1 << 20;
/// Characters in a line of Base64, as the C++ client writes it.
const WIDTH: usize = 64;

/// What a failed login comes to: a refusal in the server's words, or an error.
pub(super) type Refusal = std::result::Result<(), String>;

/// Logs `user` in without showing the password.
pub(super) fn seal(connection: &mut Connection, user: &str, password: &Secret) -> Result<Refusal> {
    if let Err(refusal) = scram(connection, user, password)? {
        return Ok(Err(refusal));
    }
    rsa(connection, user, password)
}

/// Both sides prove that they know the password. Nothing happens where the server cannot.
fn scram(connection: &mut Connection, user: &str, password: &Secret) -> Result<Refusal> {
    let client_nonce = nonce()?;
    let asked = connection.call("scramClientFirst", &[Datum::text(user), Datum::text(&client_nonce)])?;
    // Whatever the reason is, an RSA login comes next, and a wrong user fails there.
    let Ok(Datum::Tuple(items)) = asked else { return Ok(Ok(())) };
    let challenge = Challenge::of(&items, &client_nonce).ok_or_else(|| strange(connection))?;
    let proof = challenge.answer(user, &client_nonce, password);
    let arguments = [Datum::text(user), Datum::text(&challenge.nonce), Datum::text(&proof.client)];
    match connection.call("scramClientFinal", &arguments)? {
        Err(refusal) => Ok(Err(refusal)),
        // An empty signature stands for none (wire-protocol §5).
        Ok(answer) if matches!(answer.as_str(), None | Some("")) => Ok(Ok(())),
        Ok(answer) if answer.as_str() == Some(&proof.server) => Ok(Ok(())),
        Ok(_) => Err(Error::new(
            Kind::Login,
            format!("{} does not know the password of `{user}` itself", connection.label()),
        )
        .advise("find out who answers there")),
    }
}

fn strange(connection: &Connection) -> Error {
    Error::new(Kind::Protocol, format!("{} challenges in no known way", connection.label()))
        .advise("report this with the server's release")
}

/// The server's half of the beginning.
struct Challenge {
    salt: String,
    rounds: NonZeroU32,
    nonce: String,
}

/// What each side has to show.
struct Proof {
    client: String,
    server: String,
}

impl Challenge {
    fn of(items: &[Datum], client_nonce: &str) -> Option<Challenge> {
        let [salt, rounds, nonce] = items else { return None };
        let rounds = u32::try_from(rounds.as_i64()?).ok().filter(|rounds| *rounds <= MOST_ROUNDS)?;
        let nonce = nonce.as_str().filter(|nonce| nonce.starts_with(client_nonce))?.to_owned();
        let salt = salt.as_str().filter(|salt| Base64::decode_vec(salt).is_ok())?.to_owned();
        Some(Challenge { salt, rounds: NonZeroU32::new(rounds)?, nonce })
    }

    fn answer(&self, user: &str, client_nonce: &str, password: &Secret) -> Proof {
        let Challenge { salt, rounds, nonce } = self;
        let bytes = Base64::decode_vec(salt).unwrap_or_default();
        let mut salted = [0; digest::SHA256_OUTPUT_LEN];
        let hash = pbkdf2::PBKDF2_HMAC_SHA256;
        pbkdf2::derive(hash, *rounds, &bytes, password.reveal().as_bytes(), &mut salted);
        let message = format!("n={user},r={client_nonce},r={nonce},s={salt},i={rounds},c=biws,r={nonce}");
        let client_key = sign(&salted, b"Client Key");
        let stored = digest::digest(&digest::SHA256, client_key.as_ref());
        let signature = sign(stored.as_ref(), message.as_bytes());
        let proof: Vec<u8> =
            client_key.as_ref().iter().zip(signature.as_ref()).map(|(key, own)| key ^ own).collect();
        let server_key = sign(&salted, b"Server Key");
        let server = Base64::encode_string(sign(server_key.as_ref(), message.as_bytes()).as_ref());
        Proof { client: Base64::encode_string(&proof), server }
    }
}

fn sign(key: &[u8], message: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message)
}

fn nonce() -> Result<String> {
    let mut bytes = [0; NONCE];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| {
        Error::new(Kind::State, "the system gives no random numbers").advise("look at the machine")
    })?;
    Ok(Base64::encode_string(&bytes))
}

/// User and password, each encrypted with the key that the server gives.
fn rsa(connection: &mut Connection, user: &str, password: &Secret) -> Result<Refusal> {
    let offered = connection.call("getDynamicPublicKey", &[])?;
    let unoffered = |connection: &Connection| {
        Error::new(Kind::Login, format!("{} offers no login that hides the password", connection.label()))
            .advise("use TLS, or allow it with `plainLogin` where nobody can listen")
    };
    let key = match &offered {
        Ok(answer) => answer.as_str().filter(|key| !key.is_empty()),
        Err(_) => None,
    };
    let key = key.and_then(|key| RsaPublicKey::from_public_key_pem(key).ok());
    let key = key.ok_or_else(|| unoffered(connection))?;
    let sealed = |text: &str| encrypt(&key, text).ok_or_else(|| unoffered(connection));
    let encrypted = Datum::Scalar(Column::fixed(Type::Bool, [1]));
    let arguments = [Datum::text(&sealed(user)?), Datum::text(&sealed(password.reveal())?), encrypted];
    let answer: Answer = connection.call("login", &arguments)?;
    Ok(match answer {
        Ok(answer) if answer.as_i64() == Some(0) => Err("the login failed".into()),
        Ok(_) => Ok(()),
        Err(refusal) => Err(refusal),
    })
}

/// `None` when the text is too long for the key.
fn encrypt(key: &RsaPublicKey, text: &str) -> Option<String> {
    let bytes = key.encrypt(&mut OsRng, Pkcs1v15Encrypt, text.as_bytes()).ok()?;
    let mut lines = vec![0; Base64::encoded_len(&bytes) * 2];
    let mut encoder = Encoder::<Base64>::new_wrapped(&mut lines, WIDTH, LineEnding::LF).ok()?;
    encoder.encode(&bytes).ok()?;
    Some(format!("{}\n", encoder.finish().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchanges of the vendor's Java and C++ clients that were captured (wire-protocol §5).
    #[test]
    fn the_proof_is_that_of_the_vendors_clients() {
        for (client_nonce, client, server) in [
            (
                "O+cbXV0lu+NwyJbY+ga+DQ==",
                "ELNOITUcGK1CZb9PIXnLogyGyFMlyPk0ZckeDY9B2g0=",
                "ilf1QmrLZLrm50luQNJfGsriENHKR4EGk+x95hn2DeA=",
            ),
            (
                "UTRG4MB6UKj4WVG30/xYTQ==",
                "Hs1L25n0iyh/S6UdXuppIwOzmEUVZC5LeEehhzJ6Vr8=",
                "E3YI3SkCHRj3oRriNPeo5SlsA3gY9AuLu4C/YM5FT1w=",
            ),
        ] {
            let items = [
                Datum::text("MDEyMzQ1Njc4OWFiY2RlZg=="),
                Datum::Scalar(Column::fixed(Type::Int, 4096i32.to_le_bytes())),
                Datum::text(&format!("{client_nonce}c2VydmVybm9uY2UxMjM0NQ==")),
            ];
            let challenge = Challenge::of(&items, client_nonce).unwrap();
            let proof = challenge.answer("admin", client_nonce, &Secret::new("123456"));
            assert_eq!((proof.client.as_str(), proof.server.as_str()), (client, server));
        }
    }

    #[test]
    fn a_challenge_that_keeps_busy_or_forgets_our_nonce_is_refused() {
        let items = |rounds: i32, nonce: &str| {
            let rounds = Datum::Scalar(Column::fixed(Type::Int, rounds.to_le_bytes()));
            [Datum::text("MDEy"), rounds, Datum::text(nonce)]
        };
        assert!(Challenge::of(&items(4096, "ours+theirs"), "ours").is_some());
        for (rounds, nonce) in [(0, "ours+"), (-1, "ours+"), (i32::MAX, "ours+"), (4096, "theirs")] {
            assert!(Challenge::of(&items(rounds, nonce), "ours").is_none(), "{rounds} {nonce}");
        }
    }
}
