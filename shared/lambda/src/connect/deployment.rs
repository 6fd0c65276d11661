//! The settings that all endpoints of a deployment share.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::{Deployment, Limits};
use domain::money::{Currency, Fees};

use super::bucket::images_url;
use crate::{Config, StartError};

/// The settings that all endpoints of a deployment share.
pub(crate) fn deployment(config: &Config) -> Result<Arc<Deployment>, StartError> {
    let fees = Fees {
        currency: Currency::try_from(config.required("CURRENCY")?)
            .map_err(|error| StartError::Wrong("CURRENCY", error.to_string()))?,
        tax_basis_points: config.parsed("TAX_BASIS_POINTS")?,
        shipping: config.parsed("SHIPPING_FEE")?,
        free_shipping_from: config.parsed("FREE_SHIPPING_FROM")?,
    };
    let limits = Limits {
        attempts: config.parsed("ATTEMPTS_PER_MINUTE")?,
        public: config.parsed("PUBLIC_PER_MINUTE")?,
        signed_in: config.parsed("SIGNED_IN_PER_MINUTE")?,
        suggestions: config.parsed("SUGGESTIONS_PER_MINUTE")?,
    };
    let (issuer, images) = (config.required("ISSUER")?, images_url(config)?);
    let mut deployment = Deployment::new(issuer, fees, images, limits, config.clock.clone());
    deployment.pages_live = Duration::from_secs(config.parsed("PAGE_CACHE_SECONDS")?);
    deployment.storefront = config.optional("STOREFRONT_URL").map(|url| url.trim_end_matches('/').to_owned());
    deployment.face = config.optional("FACE_FOLDER").map(PathBuf::from);
    Ok(Arc::new(deployment))
}
