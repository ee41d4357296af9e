//! Answers shaped by the query, for tests of what a page may meet. Never part of the playground.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{Query, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

/// The longest an answer can be held back.
const MAX_DELAY: Duration = Duration::from_secs(60);

/// What a test asks of an answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Behaviour {
    /// `Content-Security-Policy`.
    csp: Option<String>,
    /// `Cross-Origin-Opener-Policy`.
    coop: Option<String>,
    /// `Cross-Origin-Embedder-Policy`.
    coep: Option<String>,
    /// `Cross-Origin-Resource-Policy`.
    corp: Option<String>,
    /// `Origin-Agent-Cluster`.
    oac: Option<String>,
    /// `Content-Type`.
    r#type: Option<String>,
    /// The whole body, in place of the usual one.
    body: Option<String>,
    /// A JSON object of further header names and values; an empty value removes the header.
    headers: Option<String>,
    /// Milliseconds before the answer starts.
    delay: Option<u64>,
    /// The status in place of the usual one.
    status: Option<u16>,
}

/// A query that asks for something no answer can have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum BehaviourError {
    Headers,
    Query,
    Status,
}

impl BehaviourError {
    const fn reason(self) -> &'static str {
        match self {
            Self::Headers => "headers= is no JSON object of header names and values\n",
            Self::Query => "the query cannot be read\n",
            Self::Status => "status= is no HTTP status\n",
        }
    }
}

/// Lets the query shape the answer.
pub async fn shape(request: Request, next: Next) -> Response {
    shaped(request, next)
        .await
        .unwrap_or_else(|error| (StatusCode::BAD_REQUEST, error.reason()).into_response())
}

async fn shaped(request: Request, next: Next) -> Result<Response, BehaviourError> {
    let Query(behaviour) =
        Query::<Behaviour>::try_from_uri(request.uri()).map_err(|_| BehaviourError::Query)?;
    let status =
        behaviour.status.map(StatusCode::from_u16).transpose().map_err(|_| BehaviourError::Status)?;
    let headers = behaviour.header_list()?;
    if let Some(delay) = behaviour.delay {
        tokio::time::sleep(Duration::from_millis(delay).min(MAX_DELAY)).await;
    }
    let mut response = next.run(request).await;
    if let Some(body) = behaviour.body {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = body.into();
    }
    if let Some(status) = status {
        *response.status_mut() = status;
    }
    for (name, value) in headers {
        if value.is_empty() {
            response.headers_mut().remove(name);
        } else {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

impl Behaviour {
    fn header_list(&self) -> Result<Vec<(HeaderName, HeaderValue)>, BehaviourError> {
        let named = [
            (header::CONTENT_SECURITY_POLICY, &self.csp),
            (HeaderName::from_static("cross-origin-opener-policy"), &self.coop),
            (HeaderName::from_static("cross-origin-embedder-policy"), &self.coep),
            (HeaderName::from_static("cross-origin-resource-policy"), &self.corp),
            (HeaderName::from_static("origin-agent-cluster"), &self.oac),
            (header::CONTENT_TYPE, &self.r#type),
        ];
        let mut list = Vec::new();
        for (name, value) in named {
            if let Some(value) = value {
                list.push((name, HeaderValue::from_str(value).map_err(|_| BehaviourError::Headers)?));
            }
        }
        if let Some(text) = &self.headers {
            let further: BTreeMap<String, String> =
                serde_json::from_str(text).map_err(|_| BehaviourError::Headers)?;
            for (name, value) in further {
                let name = HeaderName::try_from(name).map_err(|_| BehaviourError::Headers)?;
                list.push((name, HeaderValue::try_from(value).map_err(|_| BehaviourError::Headers)?));
            }
        }
        Ok(list)
    }
}
