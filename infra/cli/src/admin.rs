//! Administrators.

use api::password;
use domain::account::email::{NewEmail, TypedEmail};
use domain::account::{Credential, User};
use domain::text::{Name, Password};
use table::{NewUser, Registered, Table};

use crate::Error;

/// The result of making an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The account is new.
    Now,
    /// The administrator existed; the password is unchanged.
    Before,
}

/// Makes an administrator. If the address already belongs to one, nothing changes, not even the password.
pub async fn make_admin(table: &Table, email: &TypedEmail, password: &Password) -> Result<Made, Error> {
    if let Some(known) = table.typed_credential_now(email).await? {
        let user = table.user_now(known.user_id).await?;
        return if user.is_some_and(|user| user.is_admin) {
            Ok(Made::Before)
        } else {
            Err(Error::NoAdmin(email.typed().clone()))
        };
    }
    let new: NewEmail = email.typed().as_str().parse()?;
    if table.owner_of_other_form(&new).await?.is_some() {
        return Err(Error::NoAdmin(email.typed().clone()));
    }
    let email = new.email();
    let name: Name = "Administrator".parse()?;
    let user = User { is_admin: true, ..User::new(table.new_id()?, name, email.clone(), table.now()) };
    let credential = Credential::new(&user, password::hash(password.clone()).await.map_err(Error::Hash)?);
    match table.register(&NewUser { user, credential }).await? {
        Registered::Now => Ok(Made::Now),
        Registered::EmailTaken => Err(Error::NoAdmin(email.clone())),
    }
}

/// Letters and digits that cannot be confused, 5 bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A password of 100 random bits, in groups that are easy to read.
pub fn random_password() -> Result<String, Error> {
    let letters = table::random::<20>()?.map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_password_is_accepted_and_new_each_time() {
        let [one, two] = [random_password().unwrap(), random_password().unwrap()];
        assert_eq!(one.len(), 23);
        assert_ne!(one, two);
        assert!(Password::try_from(one).is_ok());
    }
}
