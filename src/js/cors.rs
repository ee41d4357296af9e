//! What the exports about CORS share.

use alloc::string::String;

use super::answer::refused;
use crate::requests::cors::{Credentials, Headers, InvalidRequest, Request};

pub(super) fn invalid_request(error: InvalidRequest) -> String {
    refused(error.code(), error.reason())
}

pub(super) fn request<'a>(
    url: &'a str,
    method: &'a str,
    headers: &'a str,
    credentials: &str,
    streaming: bool,
) -> Result<Request<'a>, InvalidRequest> {
    let credentials = Credentials::parse(credentials)?;
    Ok(Request { url, method, headers: Headers::of_lines(headers), credentials, streaming })
}
