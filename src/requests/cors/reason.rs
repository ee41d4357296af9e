use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::text::add;

/// Which part of CORS stops a request: the `cors/*` codes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CorsCode {
    /// The answer does not allow credentials.
    Credentials,
    /// This is no request.
    Invalid,
    /// An https page asks an http address.
    MixedContent,
    /// No answer at all.
    Network,
    /// The answer does not allow the page's origin.
    Origin,
    /// The preflight's answer does not allow the request.
    Preflight,
    /// A redirect was not to be followed, or its target does not allow the page.
    Redirect,
}

impl CorsCode {
    /// Stable code, also the `code` of the JavaScript error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Credentials => "cors/credentials",
            Self::Invalid => "cors/invalid",
            Self::MixedContent => "cors/mixed-content",
            Self::Network => "cors/network",
            Self::Origin => "cors/origin",
            Self::Preflight => "cors/preflight",
            Self::Redirect => "cors/redirect",
        }
    }
}

/// Reasons in their order, each with the name or value that it is about.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Reasons {
    whys: Vec<Why>,
    /// A line break before each sentence.
    lines: String,
}

/// A reason before its subject is known.
#[derive(Clone, Copy)]
pub(super) struct Said {
    pub(super) why: Why,
    before: &'static str,
    after: &'static str,
}

/// Says a reason. Where it stands in the code its text is known, so a slice holds only the texts of the
/// reasons that it can say.
#[inline(always)]
#[allow(clippy::inline_always, reason = "only inlined does the text become a constant")]
pub(super) const fn say(why: Why) -> Said {
    let (before, after) = why.text();
    Said { why, before, after }
}

impl Reasons {
    /// The reasons, without what they are about.
    #[must_use]
    pub fn whys(&self) -> &[Why] {
        &self.whys
    }

    /// The reasons as sentences without their full stops, a line break before each.
    #[must_use]
    pub fn lines(&self) -> &str {
        &self.lines
    }

    pub(super) fn push(&mut self, said: Said, subject: &str) {
        self.whys.push(said.why);
        // A subject is a header's value or name, a method, or an address: none has a line break.
        for part in ["\n", said.before, subject, said.after] {
            add(&mut self.lines, part);
        }
    }

    pub(super) fn append(&mut self, more: &Self) {
        self.whys.extend_from_slice(&more.whys);
        add(&mut self.lines, &more.lines);
    }
}

impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.lines.trim_start())
    }
}

macro_rules! whys {
    ($($(#[$doc:meta])* $name:ident $before:literal $after:literal)*) => {
        /// All the reasons there are.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Why {
            $($(#[$doc])* $name,)*
        }

        impl Why {
            /// What stands before and after the subject.
            #[inline(always)]
            #[allow(clippy::inline_always, reason = "see `say`")]
            const fn text(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$name => ($before, $after),)*
                }
            }
        }
    };
}

whys! {
    /// Everything holds.
    Allowed "the page may read the answer" ""
    /// `true` in another spelling, or absent.
    AllowCredentialsMissing "with credentials the answer needs Access-Control-Allow-Credentials: true, in exactly this spelling" ""
    /// The origin in another case.
    AllowOriginCase "Access-Control-Allow-Origin differs from " " in its case; it is compared byte by byte"
    /// Several values.
    AllowOriginList "Access-Control-Allow-Origin has several values; exactly one counts: " ""
    /// Not there at all.
    AllowOriginMissing "the answer has no Access-Control-Allow-Origin; set it to " ""
    /// `null` is allowed.
    AllowOriginNull "Access-Control-Allow-Origin: null allows every sandboxed frame of the web" ""
    /// Another origin.
    AllowOriginOther "Access-Control-Allow-Origin names another origin: " ""
    /// The origin with a slash behind it.
    AllowOriginSlash "Access-Control-Allow-Origin has a slash behind the origin; write " ""
    /// `*` and credentials.
    AllowOriginWildcard "Access-Control-Allow-Origin: * does not count with credentials; set it to " ""
    /// The `Authorization` header is only allowed by `*`.
    AuthorizationByWildcard "Access-Control-Allow-Headers: * does not cover authorization by the standard: list it by name (Chromium and Firefox let it pass today)" ""
    /// A redirect to another origin drops `Authorization`.
    AuthorizationDropped "the redirect to another origin dropped the authorization header" ""
    /// The page's own policy.
    BlockedByPolicy "this page's Content-Security-Policy blocks it: add the origin to connect-src: " ""
    /// The content type asks for a preflight.
    ContentType "the content type is not form-urlencoded, form-data or text/plain: " ""
    /// `*` in a list means nothing with credentials.
    ExposeWildcard "Access-Control-Expose-Headers: * does not count with credentials: list the names" ""
    /// Nothing came back.
    Failed "no answer came: unreachable, an unknown name, a bad certificate, or blocked by an extension" ""
    /// A safelisted header with a byte that is not.
    HeaderByte "a byte that is not CORS-safelisted is in the header " ""
    /// A header only the browser sets.
    HeaderIgnored "ignored, only the browser sets this header: " ""
    /// A safelisted header above 128 bytes.
    HeaderLong "more than 128 bytes are in the header " ""
    /// A header that is not safelisted.
    HeaderName "not CORS-safelisted is the header " ""
    /// A header the preflight did not allow.
    HeaderNotAllowed "Access-Control-Allow-Headers does not list " ""
    /// Safelisted headers above 1024 bytes together.
    HeadersLong "more than 1024 bytes are in the safelisted headers together" ""
    /// A list header that is no list.
    ListMalformed "this header is no list of names: Access-Control-Allow-" ""
    /// The address is on the machine or network of the user.
    LocalNetwork "Chromium asks the user before a public page may reach the local network" ""
    /// Above what engines keep.
    MaxAgeCapped "engines cap Access-Control-Max-Age (Chromium 7200, Firefox 86400, WebKit 600): " ""
    /// Not a number.
    MaxAgeMalformed "Access-Control-Max-Age is no number of seconds, so 5 counts: " ""
    /// A method that `fetch` leaves in lower case.
    MethodCase "fetch leaves this method in lower case: " ""
    /// A method the preflight did not allow.
    MethodNotAllowed "Access-Control-Allow-Methods does not list " ""
    /// An https page asks http.
    MixedContent "an https page may not ask an http address" ""
    /// An https page asks http on the machine itself.
    MixedLoopback "Chromium and Firefox let an https page ask http on loopback, WebKit does not" ""
    /// Cannot tell.
    NoProbe "refused or failed: only GET and HEAD are asked a second time to tell" ""
    /// No network.
    Offline "this machine is offline" ""
    /// An opaque page.
    PageOpaque "the page's origin is opaque, so every address is another origin" ""
    /// No page given.
    PageUnknown "no page was given; judged as a page of another origin" ""
    /// The preflight would pass.
    PreflightAllowed "the preflight allows method and headers" ""
    /// No preflight given.
    PreflightMissing "the browser asks first with OPTIONS; hand in that answer to have it judged" ""
    /// What to set for the preflight.
    PreflightNeeds "the browser asks first; answer OPTIONS with status 204, with " ""
    /// The preflight was redirected or not ok.
    PreflightStatus "the preflight's status is not from 200 to 299" ""
    /// A range that is not simple.
    Range "the range is not a single bytes=N- or bytes=N-M: " ""
    /// A redirect was refused.
    RedirectRefused "with redirect: \"error\" it may also be a redirect" ""
    /// A redirect is the cause.
    Redirected "a redirect, which the request or its target forbids" ""
    /// A redirect between origins.
    RedirectTaints "a redirect from one foreign origin to another makes the request's Origin null" ""
    /// The answer is refused for the page.
    Refused "the server answers, but not for this page; set " ""
    /// Own origin.
    SameOrigin "the address has the page's own origin: CORS does not apply" ""
    /// A streamed body.
    Streaming "a streamed body always asks first" ""
    /// Timed out.
    TimedOut "no answer came in time" ""
    /// Nothing asks for a preflight.
    Unremarkable "method and headers are CORS-safelisted: no preflight" ""
    /// A method that asks for a preflight.
    UnsafeMethod "the method is not GET, HEAD or POST: " ""
    /// A cache may mix up origins.
    VaryMissing "the answer depends on the origin, so it needs Vary: Origin, or a cache mixes up pages" ""
}
