//! The area admin.

pub mod admins;
pub mod doctor;
pub mod queues;
