//! The certificate of the https port, made at start and kept in memory only.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Browsers take a wildcard for one label below a top-level name only if they must; the names that
/// the playground uses are spelled out.
const NAMES: [&str; 6] =
    ["localhost", "host.localhost", "guest.localhost", "evil.localhost", "*.localhost", "*.test"];

/// A TLS configuration with a fresh self-signed certificate for the site's names.
///
/// # Errors
///
/// The machine gives no randomness, or the provider lacks what TLS needs.
pub fn configuration() -> Result<Arc<ServerConfig>, Box<dyn std::error::Error + Send + Sync>> {
    let made = rcgen::generate_simple_self_signed(NAMES.map(str::to_owned))?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(configuration))
}
