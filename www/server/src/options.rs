//! What the command line asks for.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use lexopt::ValueExt as _;
use lexopt::prelude::{Long, Short};

/// Tells a person how to start the server.
pub const USAGE: &str = "\
Usage: portcullis-playground [options]

  --root DIR            where dist/ and www/demo/ are (default: the current directory)
  --dist DIR            the built package (default: ROOT/dist)
  --demo DIR            the playground pages (default: ROOT/www/demo)
  --tests DIR           serve DIR under /pages/ and let queries shape the answers; for tests only
  --port N              first port; 0 takes a free one (default: 8787, or a free one if that is taken)
  --extra-ports N       how many further ports serve the same pages (default: 1)
  --proxy PATH=URL      a route to another server of this machine, such as /api/=http://127.0.0.1:3000/v1/;
                        may be repeated (default: /proxy/guest/ to the guest's own /upstream/)
  --https               also listen on a port with a certificate made at start
  --until-stdin-closes  end when standard input does, so that no server outlives its test run
  --help                this text
";

/// How to run the server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Options {
    /// Directory of the built package.
    pub dist: PathBuf,
    /// Directory of the playground pages.
    pub demo: PathBuf,
    /// Directory of test pages. Some also switches the query-driven answers on.
    pub tests: Option<PathBuf>,
    /// The first port; none: the usual one, or a free one if that is taken.
    pub port: Option<u16>,
    /// How many further ports serve the same pages; each is another origin of the same host.
    pub extra_ports: u16,
    /// Routes to other servers: local folder and upstream folder.
    pub proxy: Vec<(String, String)>,
    /// Whether to listen on a port with TLS as well.
    pub https: bool,
    /// Whether the end of standard input ends the server.
    pub until_stdin_closes: bool,
}

/// What the command line asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Command {
    /// Print [`USAGE`].
    Help,
    /// Serve.
    Serve(Options),
}

/// A command line that makes no sense; says what is wrong with it.
#[derive(Debug)]
pub struct OptionsError(lexopt::Error);

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for OptionsError {}

impl From<lexopt::Error> for OptionsError {
    fn from(error: lexopt::Error) -> Self {
        Self(error)
    }
}

impl Command {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    ///
    /// An unknown option, or a value that is missing or not of its kind.
    pub fn parse(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Self, OptionsError> {
        let mut root = PathBuf::from(".");
        let mut dist = None;
        let mut demo = None;
        let mut options = Options {
            dist: PathBuf::new(),
            demo: PathBuf::new(),
            tests: None,
            port: None,
            extra_ports: 1,
            proxy: Vec::new(),
            https: false,
            until_stdin_closes: false,
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(Self::Help),
                Long("root") => root = parser.value()?.into(),
                Long("dist") => dist = Some(parser.value()?.into()),
                Long("demo") => demo = Some(parser.value()?.into()),
                Long("tests") => options.tests = Some(parser.value()?.into()),
                Long("port") => options.port = Some(parser.value()?.parse()?),
                Long("extra-ports") => options.extra_ports = parser.value()?.parse()?,
                Long("proxy") => options.proxy.push(route(&parser.value()?.string()?)?),
                Long("https") => options.https = true,
                Long("until-stdin-closes") => options.until_stdin_closes = true,
                _ => return Err(argument.unexpected().into()),
            }
        }
        options.dist = dist.unwrap_or_else(|| root.join("dist"));
        options.demo = demo.unwrap_or_else(|| root.join("www/demo"));
        Ok(Self::Serve(options))
    }
}

fn route(text: &str) -> Result<(String, String), lexopt::Error> {
    let (path, upstream) = text.split_once('=').ok_or("a route is PATH=URL")?;
    Ok((path.to_owned(), upstream.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(arguments: &[&str]) -> Options {
        match Command::parse(arguments.iter().copied()).unwrap() {
            Command::Serve(options) => options,
            Command::Help => panic!("asked for help"),
        }
    }

    #[test]
    fn no_arguments_serve_the_current_directory() {
        let options = serve(&[]);
        assert_eq!((options.port, options.extra_ports, options.tests), (None, 1, None));
        assert_eq!(options.dist, PathBuf::from("./dist"));
    }

    #[test]
    fn directories_follow_the_root_whatever_the_order() {
        let options = serve(&["--dist", "/built", "--root", "/repository", "--port=0"]);
        assert_eq!(options.dist, PathBuf::from("/built"));
        assert_eq!(options.demo, PathBuf::from("/repository/www/demo"));
        assert_eq!(options.port, Some(0));
    }

    #[test]
    fn routes_add_up() {
        let options =
            serve(&["--proxy", "/a/=http://127.0.0.1:1/", "--proxy", "/b/=http://127.0.0.1:2/?x=y"]);
        let expected = [("/a/", "http://127.0.0.1:1/"), ("/b/", "http://127.0.0.1:2/?x=y")];
        assert_eq!(options.proxy, expected.map(|(path, url)| (path.to_owned(), url.to_owned())));
    }

    #[test]
    fn nonsense_is_refused() {
        for arguments in
            [&["--porT", "1"][..], &["--port", "65536"], &["--port"], &["stray"], &["--proxy", "/a/"]]
        {
            assert!(Command::parse(arguments.iter().copied()).is_err(), "{arguments:?}");
        }
    }
}
