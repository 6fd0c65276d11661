//! What always holds: under faults and races, for secrets, roles and limits.

#[allow(dead_code, reason = "`cargo soak` uses the rest")]
pub mod audit;
pub mod faults;
pub mod guards;
pub mod limits;
pub mod model;
pub mod policies;
pub mod secrets;
mod shapes;
pub mod variants;
