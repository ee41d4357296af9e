//! The sockets: the same port numbers on both loopback addresses.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// The port tried when the command line names none.
pub const USUAL_PORT: u16 = 8787;

/// How often another free port is drawn when the number is free on one loopback address only.
const DRAWS: usize = 16;

/// One port number on every loopback address of the machine.
#[derive(Debug)]
#[must_use = "dropping a Port closes its sockets"]
pub struct Port {
    number: u16,
    sockets: Vec<TcpListener>,
}

impl Port {
    /// Listens on `number`; 0 takes a free one.
    ///
    /// A browser may reach `host.localhost` through 127.0.0.1 or through `[::1]`, so both belong to
    /// this process, or somebody else's server could answer under our origin.
    ///
    /// # Errors
    ///
    /// The port is taken on one of the addresses, or the machine refuses.
    pub fn listen(number: u16) -> io::Result<Self> {
        let mut refusal = None;
        for _ in 0..DRAWS {
            match Self::listen_once(number) {
                Err(error) if number == 0 && error.kind() == io::ErrorKind::AddrInUse => {
                    refusal = Some(error);
                }
                outcome => return outcome,
            }
        }
        Err(refusal.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
    }

    /// Listens on [`USUAL_PORT`], or on a free one when somebody else has it.
    ///
    /// # Errors
    ///
    /// The machine refuses.
    pub fn listen_on_usual() -> io::Result<Self> {
        Self::listen(USUAL_PORT).or_else(|_| Self::listen(0))
    }

    fn listen_once(number: u16) -> io::Result<Self> {
        let first = socket(SocketAddr::from((Ipv4Addr::LOCALHOST, number)))?;
        let number = first.local_addr()?.port();
        let mut sockets = vec![first];
        match socket(SocketAddr::from((Ipv6Addr::LOCALHOST, number))) {
            Ok(second) => sockets.push(second),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            // A machine without IPv6: nobody else can listen there either.
            Err(_) => {}
        }
        Ok(Self { number, sockets })
    }

    /// The number the sockets share.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Hands the sockets over to the server that reads them.
    #[must_use]
    pub fn into_sockets(self) -> Vec<TcpListener> {
        self.sockets
    }
}

fn socket(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpListener::bind(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_refused_and_a_free_one_is_found() {
        let first = Port::listen(0).unwrap();
        assert_ne!(first.number(), 0);
        assert_eq!(Port::listen(first.number()).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let second = Port::listen(0).unwrap();
        assert_ne!(first.number(), second.number());
    }
}
