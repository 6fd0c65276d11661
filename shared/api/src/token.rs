//! Access tokens: JWTs signed with Ed25519 (RFC 8037), and the refresh tokens beside them.

use domain::Timestamp;
use domain::ids::{SessionId, UserId};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use ring::{digest, hkdf, hmac};
use serde::{Deserialize, Serialize};
use store::PublicKey;

/// An access token lives this long, in seconds.
pub const ACCESS_LIFE: i64 = 15 * 60;
/// A refresh token lives this long, in seconds.
pub const REFRESH_LIFE: i64 = 7 * 24 * 3600;
/// For whom access tokens are.
const AUDIENCE: &str = "shop";
/// What tells an access token from every other token that we sign.
const ACCESS: &str = "access";

/// What an access token proves: who, in which session, and whether they administer the shop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// Which user.
    pub sub: UserId,
    /// Which session.
    pub sid: SessionId,
    /// Whether they administer the shop.
    #[serde(default)]
    pub adm: bool,
    /// What kind of token.
    pub typ: String,
    /// Until when, in seconds since 1970.
    pub exp: i64,
    /// Since when.
    pub iat: i64,
}

/// Signs tokens. Only the functions that sign can read the secret that it is made from.
pub struct Signer {
    key: EncodingKey,
    refresh: hmac::Key,
    public: PublicKey,
}

/// The secret is too short to be one.
#[derive(Debug, thiserror::Error)]
#[error("the signing secret must have at least 32 characters")]
pub struct WeakSecret;

/// Bytes of an Ed25519 seed, and of every key made here.
const KEY_BYTES: usize = 32;

impl Signer {
    /// The signer of a deployment's secret. Each use of the secret has a key of its own, by HKDF-SHA256 (RFC 5869).
    pub fn new(secret: &str, active_from: Timestamp) -> Result<Self, WeakSecret> {
        if secret.len() < KEY_BYTES {
            return Err(WeakSecret);
        }
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, b"shop").extract(secret.as_bytes());
        let seed = derived(&secret, b"access-token").ok_or(WeakSecret)?;
        let refresh = derived(&secret, b"refresh-token").ok_or(WeakSecret)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| WeakSecret)?;
        let x = base64(pair.public_key().as_ref());
        let thumbprint = digest::digest(&digest::SHA256, pair.public_key().as_ref());
        let kid = base64(thumbprint.as_ref().get(..12).unwrap_or_default());
        Ok(Self {
            key: EncodingKey::from_ed_der(&seed),
            refresh: hmac::Key::new(hmac::HMAC_SHA256, &refresh),
            public: PublicKey { kid, x, active_from },
        })
    }

    /// What verifies its tokens.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// An access token for a user's session, from `now` on.
    pub fn access_token(
        &self,
        issuer: &str,
        user: UserId,
        session: SessionId,
        is_admin: bool,
        now: Timestamp,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            iss: issuer.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            adm: is_admin,
            typ: ACCESS.to_owned(),
            exp: now.seconds() + ACCESS_LIFE,
            iat: now.seconds(),
        };
        self.sign(&claims)
    }

    /// Signs any claims.
    pub fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        install();
        let header = Header { kid: Some(self.public.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.key)
    }

    /// The refresh token of a session's generation: `user.session.secret`, where the secret's 256 bits come from the
    /// generation, so that a repeated exchange gives the same successor again.
    pub fn refresh_token(&self, user: UserId, session: SessionId, generation: u32) -> String {
        let secret = hmac::sign(&self.refresh, format!("{session}#{generation}").as_bytes());
        format!("{user}.{session}.{}", base64(secret.as_ref()))
    }
}

fn derived(secret: &hkdf::Prk, purpose: &[u8]) -> Option<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    secret.expand(&[purpose], hkdf::HKDF_SHA256).ok()?.fill(&mut key).ok()?;
    Some(key)
}

/// Base64url without padding.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a token.
pub fn hash(token: &str) -> String {
    base64(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())
}

/// The key that a token says it was signed with.
pub(crate) fn key_id(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token).ok()?.kid
}

/// Checks an access token against the key that it names. The error says why, for the log only.
pub(crate) fn verify(token: &str, key: &PublicKey, issuer: &str, now: Timestamp) -> Result<Claims, String> {
    install();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // By the clock that we are handed, below.
    validation.validate_exp = false;
    let key = DecodingKey::from_ed_components(&key.x).map_err(|error| error.to_string())?;
    let claims: Claims =
        jsonwebtoken::decode(token, &key, &validation).map_err(|error| error.to_string())?.claims;
    match claims {
        _ if claims.typ != ACCESS => Err("not an access token".to_owned()),
        _ if claims.exp <= now.seconds() => Err("expired".to_owned()),
        claims => Ok(claims),
    }
}

/// ring does TLS here already, so it signs too: no second crypto library is linked, and only Ed25519 exists.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| match algorithm {
        Algorithm::EdDSA => Ed25519KeyPair::from_seed_unchecked(key.as_bytes())
            .map(|pair| Box::new(RingSigner(pair)) as Box<dyn JwtSigner>)
            .map_err(|_| ErrorKind::InvalidEddsaKey.into()),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::EdDSA => {
            let key = UnparsedPublicKey::new(&ED25519, key.try_get_as_bytes()?.to_vec());
            Ok(Box::new(RingVerifier(key)))
        }
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// Installing it again is no error: it is the same one.
fn install() {
    let _ = PROVIDER.install_default();
}

struct RingSigner(Ed25519KeyPair);

impl signature::Signer<Vec<u8>> for RingSigner {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl JwtSigner for RingSigner {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct RingVerifier(UnparsedPublicKey<Vec<u8>>);

impl signature::Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.verify(message, signature).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::Id;

    use super::*;

    const SECRET: &str = "a test secret that is long enough to be one";

    fn token(now: Timestamp) -> (Signer, String) {
        let signer = Signer::new(SECRET, now).unwrap();
        let token =
            signer.access_token("iss", UserId::from_bits(1), SessionId::from_bits(2), true, now).unwrap();
        (signer, token)
    }

    #[test]
    fn a_token_proves_who_until_it_expires() {
        let now = Timestamp::from_millis(1_000_000);
        let (signer, token) = token(now);
        let claims = verify(&token, signer.public_key(), "iss", now).unwrap();
        assert_eq!((claims.sub, claims.adm), (UserId::from_bits(1), true));
        let later = Timestamp::from_millis(1_000_000 + ACCESS_LIFE * 1000);
        assert_eq!(verify(&token, signer.public_key(), "iss", later), Err("expired".to_owned()));
    }

    #[test]
    fn another_key_or_issuer_proves_nothing() {
        let now = Timestamp::from_millis(1_000_000);
        let (signer, token) = token(now);
        let other = Signer::new(&SECRET.to_uppercase(), now).unwrap();
        assert!(verify(&token, other.public_key(), "iss", now).is_err());
        assert!(verify(&token, signer.public_key(), "other", now).is_err());
        assert!(verify(&token.replace('.', ".a"), signer.public_key(), "iss", now).is_err());
        assert!(verify("", signer.public_key(), "iss", now).is_err());
    }

    #[test]
    fn the_same_secret_is_the_same_key_everywhere() {
        let now = Timestamp::from_millis(1_000_000);
        let [a, b] = [Signer::new(SECRET, now).unwrap(), Signer::new(SECRET, now).unwrap()];
        assert_eq!(a.public_key(), b.public_key());
        let token = |signer: &Signer, generation| {
            signer.refresh_token(UserId::from_bits(1), SessionId::from_bits(2), generation)
        };
        assert_eq!(token(&a, 0), token(&b, 0));
        assert_ne!(token(&a, 0), token(&a, 1));
        assert!(Signer::new("short", now).is_err());
    }
}
