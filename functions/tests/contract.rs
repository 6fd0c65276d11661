//! Files that are written from the functions and committed: contract, matrix, costs, samples, template.

pub mod costs;
pub mod input;
pub mod matrix;
pub mod odd;
pub mod openapi;
pub mod samples;
pub mod template;
