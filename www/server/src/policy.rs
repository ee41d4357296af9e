//! The security headers of the playground pages.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// What the playground's pages may load: their own files and frames of the playground's other
/// origins. No inline code, no `eval`; `'wasm-unsafe-eval'` is all that the package asks for.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     style-src 'self'; img-src 'self' data: http://*.localhost:* https://*.localhost:*; font-src 'self'; \
     connect-src 'self' http://*.localhost:* https://*.localhost:*; \
     frame-src 'self' blob: http://*.localhost:* https://*.localhost:*; worker-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'self' http://*.localhost:* https://*.localhost:*; \
     require-trusted-types-for 'script'; trusted-types portcullis";

/// Puts the pages' policy on an answer that has none yet.
pub async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in headers {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
