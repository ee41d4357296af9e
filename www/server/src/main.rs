//! Starts the playground server.

use std::error::Error;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

use axum::Extension;
use axum_server::tls_rustls::RustlsConfig;
use portcullis_playground::certificate;
use portcullis_playground::host::Scheme;
use portcullis_playground::listen::Port;
use portcullis_playground::options::{Command, Options, USAGE};
use portcullis_playground::site::{self, Ports};
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let outcome = match Command::parse(std::env::args_os().skip(1)) {
        Ok(Command::Help) => std::io::stdout().write_all(USAGE.as_bytes()).map_err(Failure::from),
        Ok(Command::Serve(options)) => serve(&options),
        Err(error) => Err(format!("{error}\n\n{USAGE}").into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("portcullis-playground: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: &Options) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let first = match options.port {
            Some(number) => Port::listen(number).map_err(|error| format!("port {number}: {error}"))?,
            None => Port::listen_on_usual()?,
        };
        let mut open = vec![first];
        for _ in 0..options.extra_ports {
            open.push(Port::listen(0)?);
        }
        let https = options.https.then(|| Port::listen(0)).transpose()?;

        let numbers: Vec<u16> = open.iter().map(Port::number).collect();
        let ports = Ports {
            port: numbers.first().copied().unwrap_or_default(),
            ports: numbers,
            https: https.as_ref().map(Port::number),
        };
        let site = site::router(options, ports.clone())?;

        let mut servers = JoinSet::new();
        for socket in open.into_iter().flat_map(Port::into_sockets) {
            let socket = tokio::net::TcpListener::from_std(socket)?;
            let site = site.clone();
            servers.spawn(async move { axum::serve(socket, site).await });
        }
        if let Some(https) = https {
            let configuration = RustlsConfig::from_config(certificate::configuration()?);
            for socket in https.into_sockets() {
                let server = axum_server::from_tcp_rustls(socket, configuration.clone())?;
                servers.spawn(server.serve(site.clone().layer(Extension(Scheme::Https)).into_make_service()));
            }
        }
        announce(&ports)?;

        tokio::select! {
            Some(ended) = servers.join_next() => ended?.map_err(Failure::from),
            outcome = told_to_end() => outcome,
            () = input_closed(), if options.until_stdin_closes => Ok(()),
        }
    })
}

/// Prints the address for a person, and the ports as one line of JSON for a program.
fn announce(ports: &Ports) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let address = format!("Portcullis playground: http://host.localhost:{}/", ports.port);
    if out.is_terminal() {
        writeln!(out, "{address}")?;
    } else {
        serde_json::to_writer(&mut out, ports)?;
        writeln!(out)?;
        eprintln!("{address}");
    }
    Ok(out.flush()?)
}

/// Ends with SIGINT or SIGTERM.
async fn told_to_end() -> Result<(), Failure> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            outcome = tokio::signal::ctrl_c() => Ok(outcome?),
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    Ok(tokio::signal::ctrl_c().await?)
}

/// Ends when standard input does.
async fn input_closed() {
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    // A thread of its own: a blocking task would keep the runtime from shutting down.
    std::thread::spawn(move || {
        let mut ignored = [0; 1024];
        while std::io::stdin().read(&mut ignored).is_ok_and(|bytes| bytes > 0) {}
        drop(sender);
    });
    // The sender is dropped, never used: the error is the signal.
    let _ = receiver.await;
}
