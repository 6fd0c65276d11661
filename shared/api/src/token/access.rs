//! Access tokens: JWTs signed with Ed25519 (RFC 8037).

use domain::Timestamp;
use domain::ids::{SessionId, UserId};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use table::PublicKey;

/// The life of an access token, in seconds.
pub const ACCESS_LIFE: i64 = 15 * 60;
/// The audience (`aud`) of access tokens.
pub(super) const AUDIENCE: &str = "shop";
/// The `typ` of access tokens. Other tokens that we sign have another.
pub(super) const ACCESS: &str = "access";

/// The claims of an access token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The audience.
    pub aud: String,
    /// The user.
    pub sub: UserId,
    /// The session.
    pub sid: SessionId,
    /// Whether the user administers the shop.
    #[serde(default)]
    pub adm: bool,
    /// The type of the token.
    pub typ: String,
    /// When it expires, in seconds since 1970.
    pub exp: i64,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
}

/// The id of the key that the token names.
pub(crate) fn key_id(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token).ok()?.kid
}

/// Checks an access token against the key that it names. The error gives the reason, for the log only.
pub(crate) fn verify(token: &str, key: &PublicKey, issuer: &str, now: Timestamp) -> Result<Claims, String> {
    install();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Checked below, by the clock of the configuration.
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

/// ring already does TLS here, so it signs too. No second crypto library is linked, and only Ed25519 is
/// supported.
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

/// A second call fails because the provider is installed, which is fine.
pub(super) fn install() {
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
