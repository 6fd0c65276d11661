//! What holds whatever happens: faults, races, secrets, roles, limits.

#[allow(dead_code, reason = "`cargo soak` uses the rest")]
pub mod audit;
pub mod faults;
pub mod guards;
pub mod limits;
pub mod model;
pub mod policies;
pub mod secrets;
