//! Signs access and refresh tokens, and manages the life of the keys.

use std::time::Duration;

use domain::Timestamp;
use domain::ids::{Id as _, SessionId, UserId};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::signature::{Ed25519KeyPair, KeyPair};
use ring::{digest, hkdf, hmac};
use table::{PublicKey, Table};

use super::access::{ACCESS, ACCESS_LIFE, AUDIENCE, Claims, install, key_id, verify};
use super::text::{base64, from_base64};

/// A running environment reads the secrets again after this time.
pub const SIGNER_LIFE: Duration = Duration::from_hours(1);
/// A new key signs this long after it was published. By then every verifier knows the key, because verifiers
/// cache the key set for 5 minutes, and every signer knows the secret. So any environment can repeat a
/// refresh, whichever key made the successor.
pub const KEY_SPREAD: Duration = Duration::from_mins(70);
/// A key still verifies this long after it was replaced. It signs until the new key is active, and its tokens
/// live 15 minutes: 1 h 25 min at most. The remaining 35 minutes are for environments that cannot read the
/// new secret at once.
pub const KEY_RETIREMENT: Duration = Duration::from_hours(2);
const _: () = assert!(
    SIGNER_LIFE.as_secs() < KEY_SPREAD.as_secs()
        && KEY_SPREAD.as_secs() + ACCESS_LIFE.unsigned_abs() < KEY_RETIREMENT.as_secs()
);

/// Signs tokens. Only functions that sign can read the secrets of its keys.
pub struct Signer {
    current: Key,
    previous: Option<Key>,
}

/// The keys derived from one secret.
struct Key {
    access: EncodingKey,
    refresh: hmac::Key,
    public: PublicKey,
}

/// The secret is too short.
#[derive(Debug, thiserror::Error)]
#[error("the signing secret must have at least 32 characters")]
pub struct WeakSecret;

/// When a key becomes active that no verifier knows.
const NEVER: Timestamp = Timestamp::MAX;

/// Bytes of an Ed25519 seed, and of every derived key.
const KEY_BYTES: usize = 32;

impl Key {
    /// Derives the keys of a secret: one for each use, by HKDF-SHA256 (RFC 5869).
    fn new(secret: &str, active_from: Timestamp) -> Result<Self, WeakSecret> {
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
            access: EncodingKey::from_ed_der(&seed),
            refresh: hmac::Key::new(hmac::HMAC_SHA256, &refresh),
            public: PublicKey { kid, x, active_from, expires_at: None },
        })
    }

    /// The token's last part authenticates its first three: user, session and generation.
    fn refresh_token(&self, user: UserId, session: SessionId, generation: u32) -> String {
        let what = format!("{user}.{session}.{generation}");
        let secret = hmac::sign(&self.refresh, what.as_bytes());
        format!("{what}.{}", base64(secret.as_ref()))
    }
}

impl Signer {
    /// A signer with one secret, which signs from `active_from` on.
    pub fn new(secret: &str, active_from: Timestamp) -> Result<Self, WeakSecret> {
        Ok(Self { current: Key::new(secret, active_from)?, previous: None })
    }

    /// The signer for the secrets that are in force at `now`, given the `known` key set. A current key that
    /// is not in the set is active at once if it is the first key, or else when every verifier knows it. The
    /// previous key signs until then. If the previous key is not in the set, it only recognises our refresh
    /// tokens.
    pub fn of(
        current: &str,
        previous: Option<&str>,
        known: &[PublicKey],
        now: Timestamp,
    ) -> Result<Self, WeakSecret> {
        let active_from = |key: &Key| {
            let found = known.iter().find(|known| known.kid == key.public.kid);
            found.map(|known| known.active_from)
        };
        let mut current = Key::new(current, NEVER)?;
        let unknown = if known.is_empty() { now } else { now + KEY_SPREAD };
        current.public.active_from = active_from(&current).unwrap_or(unknown);
        let mut previous = previous.and_then(|secret| Key::new(secret, NEVER).ok());
        if let Some(previous) = &mut previous {
            previous.public.active_from = active_from(previous).unwrap_or(NEVER);
        }
        Ok(Self { current, previous })
    }

    /// Publishes the current key to all verifiers, if the `known` key set lacks it or lets it expire.
    pub async fn publish(&self, known: &[PublicKey], table: &Table) -> table::Result<()> {
        let key = self.public_key();
        if known.contains(key) { Ok(()) } else { table.publish_key(key).await }
    }

    /// Whether a verifier with this key set would accept a token that is signed now.
    pub fn is_verified_by(&self, known: &[PublicKey], now: Timestamp) -> bool {
        let (issuer, user, session) = ("nobody", UserId::from_bits(0), SessionId::from_bits(0));
        let Ok(token) = self.access_token(issuer, user, session, false, now) else { return false };
        let key = known.iter().find(|key| Some(&key.kid) == key_id(&token).as_ref());
        key.is_some_and(|key| verify(&token, key, issuer, now).is_ok())
    }

    /// The public half of the current key.
    pub fn public_key(&self) -> &PublicKey {
        &self.current.public
    }

    /// All keys, the current one first.
    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// The key that signs now: the current one once it is active, until then the previous one. If neither is
    /// active, the one that becomes active first signs, because a token that some verifiers do not know yet
    /// is better than none.
    fn key(&self, now: Timestamp) -> &Key {
        let active = self.keys().find(|key| key.public.active_from <= now);
        active.or_else(|| self.keys().min_by_key(|key| key.public.active_from)).unwrap_or(&self.current)
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
        self.sign(&claims, now)
    }

    /// Signs any claims with the present key.
    pub fn sign(&self, claims: &Claims, now: Timestamp) -> Result<String, jsonwebtoken::errors::Error> {
        install();
        let Key { access, public, .. } = self.key(now);
        let header = Header { kid: Some(public.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, access)
    }

    /// The refresh token of a session's generation: `user.session.generation.secret`. The secret's 256 bits
    /// are computed from the rest, so a repeated exchange gives the same successor.
    pub fn refresh_token(&self, user: UserId, session: SessionId, generation: u32, now: Timestamp) -> String {
        self.key(now).refresh_token(user, session, generation)
    }

    /// The same by each known key, the current one first. A rotation changes the secret part of a token.
    pub fn refresh_tokens(
        &self,
        user: UserId,
        session: SessionId,
        generation: u32,
    ) -> impl Iterator<Item = String> {
        self.keys().map(move |key| key.refresh_token(user, session, generation))
    }

    /// Whether one of our keys made exactly this refresh token, even if it was exchanged long ago. It takes
    /// the same time wherever the secret differs.
    pub fn issued(&self, refresh_token: &str) -> bool {
        let Some((what, secret)) = refresh_token.rsplit_once('.') else { return false };
        let Some(secret) = from_base64(secret) else { return false };
        self.keys().any(|key| hmac::verify(&key.refresh, what.as_bytes(), &secret).is_ok())
    }
}

fn derived(secret: &hkdf::Prk, purpose: &[u8]) -> Option<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    secret.expand(&[purpose], hkdf::HKDF_SHA256).ok()?.fill(&mut key).ok()?;
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::RefreshToken;

    const SECRET: &str = "a test secret that is long enough to be one";

    fn token(now: Timestamp) -> (Signer, String) {
        let signer = Signer::new(SECRET, now).unwrap();
        let token =
            signer.access_token("iss", UserId::from_bits(1), SessionId::from_bits(2), true, now).unwrap();
        (signer, token)
    }

    #[test]
    fn a_token_proves_its_user_until_it_expires() {
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
        assert_eq!(refresh_token(&a, 0, now), refresh_token(&b, 0, now));
        assert!(Signer::new("short", now).is_err());
        assert!(Signer::of("short", Some(SECRET), &[], now).is_err());
    }

    fn refresh_token(signer: &Signer, generation: u32, now: Timestamp) -> String {
        signer.refresh_token(UserId::from_bits(1), SessionId::from_bits(2), generation, now)
    }

    /// The times at which an old and a new key become active, and the signer of both.
    fn after_a_rotation() -> (Timestamp, Timestamp, Signer) {
        let [old, new] = [1_000_000, 2_000_000].map(Timestamp::from_millis);
        (old, new, Signer::of(&SECRET.to_uppercase(), Some(SECRET), &both_keys(old, new), new).unwrap())
    }

    fn both_keys(old: Timestamp, new: Timestamp) -> [PublicKey; 2] {
        [(SECRET.to_owned(), old), (SECRET.to_uppercase(), new)]
            .map(|(secret, from)| Signer::new(&secret, from).unwrap().public_key().clone())
    }

    #[test]
    fn only_the_first_key_is_active_before_everybody_knows_it() {
        let (now, later) =
            (Timestamp::from_millis(1_000_000), Timestamp::from_millis(1_000_000) + KEY_SPREAD);
        let first = Signer::of(SECRET, None, &[], now).unwrap();
        assert_eq!(first.public_key().active_from, now);
        let known = [first.public_key().clone()];
        let second = Signer::of(&SECRET.to_uppercase(), Some(SECRET), &known, now).unwrap();
        assert_eq!(second.public_key().active_from, later);
        assert_eq!(refresh_token(&second, 0, now), refresh_token(&first, 0, now));
        // A previous key that no verifier knows does not sign at that time either.
        let alone =
            Signer::of(&SECRET.to_uppercase(), Some("a secret that was in force long ago"), &known, now);
        assert_eq!(refresh_token(&alone.unwrap(), 0, now), refresh_token(&second, 0, later));
    }

    #[test]
    fn a_new_key_signs_once_it_is_active_and_not_before() {
        let (old_from, new_from, signer) = after_a_rotation();
        let old = Signer::new(SECRET, old_from).unwrap();
        let key_at = |now| {
            let (user, session) = (UserId::from_bits(1), SessionId::from_bits(2));
            key_id(&signer.access_token("iss", user, session, false, now).unwrap()).unwrap()
        };
        let just_before = Timestamp::from_millis(new_from.millis() - 1);
        assert_eq!(key_at(just_before), old.public_key().kid);
        assert_eq!(key_at(new_from), signer.public_key().kid);
        assert_eq!(refresh_token(&signer, 0, just_before), refresh_token(&old, 0, just_before));
        assert_ne!(refresh_token(&signer, 0, new_from), refresh_token(&old, 0, new_from));
        // Before both are active, the earlier key signs.
        assert_eq!(key_at(Timestamp::from_millis(0)), old.public_key().kid);
    }

    #[test]
    fn an_active_current_secret_signs_even_when_the_previous_one_is_younger() {
        let (old_from, new_from, _) = after_a_rotation();
        let keys = both_keys(old_from, new_from);
        let taken_back = Signer::of(SECRET, Some(&SECRET.to_uppercase()), &keys, new_from).unwrap();
        let old = Signer::new(SECRET, old_from).unwrap();
        assert_eq!(refresh_token(&taken_back, 0, new_from), refresh_token(&old, 0, new_from));
    }

    #[test]
    fn a_refresh_token_says_its_generation_and_is_ours_whichever_key_made_it() {
        let (old_from, new_from, signer) = after_a_rotation();
        let (user, session) = (UserId::from_bits(1), SessionId::from_bits(2));
        let [before, after] = [old_from, new_from].map(|now| refresh_token(&signer, 7, now));
        assert_eq!(RefreshToken::read(&before), Some(RefreshToken { user, session, generation: 7 }));
        assert!(signer.issued(&before) && signer.issued(&after));
        assert_eq!(signer.refresh_tokens(user, session, 7).collect::<Vec<_>>(), [after, before]);
    }

    #[test]
    fn a_refresh_token_with_one_character_changed_is_not_ours() {
        let (_, now, signer) = after_a_rotation();
        let token = refresh_token(&signer, 7, now);
        for place in 0..token.len() {
            let other = if &token[place..=place] == "1" { "2" } else { "1" };
            let changed = format!("{}{other}{}", &token[..place], &token[place + 1..]);
            assert!(!signer.issued(&changed), "{changed}");
        }
        let stranger = Signer::new("the secret of another deployment, long enough", now).unwrap();
        assert!(!stranger.issued(&token));
        for text in ["", ".", "...", &token[1..], &format!("{token}="), &format!("{token}.")] {
            assert!(!signer.issued(text), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_refresh_token_is_not_read() {
        let (_, now, signer) = after_a_rotation();
        let token = refresh_token(&signer, 7, now);
        let parts: Vec<_> = token.split('.').collect();
        let with = |place: usize, part: &str| {
            let mut parts = parts.clone();
            parts[place] = part;
            parts.join(".")
        };
        let of_old_form = parts[..2].join(".") + "." + parts[3];
        for text in [
            String::new(),
            of_old_form,
            with(0, parts[1]),
            with(1, "ses_"),
            with(2, "-1"),
            with(2, "4294967296"),
            with(2, ""),
            with(3, "short"),
            format!("{token}.x"),
        ] {
            assert_eq!(RefreshToken::read(&text), None, "{text}");
        }
    }
}
