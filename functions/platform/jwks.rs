//! `GET /.well-known/jwks.json`: the public keys that verify access tokens, as a JSON Web Key Set (RFC 7517).

use api::{Endpoint, Problem, Reply, Request, Result, Schema};
use http::header::CACHE_CONTROL;
use serde::Serialize;
use table::{PublicKey, Table};

pub const ENDPOINT: Endpoint = Endpoint::get("/.well-known/jwks.json").answers::<KeySet>(200).bare();

pub fn main() {
    lambda::run(ENDPOINT, jwks);
}

/// The keys: a dozen at most.
#[derive(Serialize, Schema)]
pub struct KeySet {
    keys: Vec<Jwk>,
}

/// An Ed25519 key (RFC 8037).
#[derive(Serialize, Schema)]
pub struct Jwk {
    kty: &'static str,
    crv: &'static str,
    x: String,
    kid: String,
    r#use: &'static str,
    alg: &'static str,
}

/// A key is published long before the first token is signed with it, so the set may be cached for five
/// minutes.
pub async fn jwks(table: &Table, _: Request) -> Result {
    let keys = table.key_set().await?.into_iter().map(|PublicKey { x, kid, .. }| Jwk {
        kty: "OKP",
        crv: "Ed25519",
        x,
        kid,
        r#use: "sig",
        alg: "EdDSA",
    });
    let set = serde_json::to_string(&KeySet { keys: keys.collect() }).map_err(Problem::internal)?;
    Reply::document(&set)?.header(CACHE_CONTROL, "public, max-age=300")
}
