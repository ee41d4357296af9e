//! The program itself: what it prints, where it listens, when it ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;

/// A running server. Its end of the pipe is the server's standard input.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Gone already in the test that waits for it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> (Process, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis-playground"))
        .args(["--port", "0", "--until-stdin-closes"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Process(child), serde_json::from_str(&line).unwrap())
}

fn get(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET /site.json HTTP/1.1\r\nhost: guest.localhost\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_prints_its_ports_and_serves_them_all() {
    let (_process, ports) = start(&["--extra-ports", "2", "--https"]);
    let numbers: Vec<u64> =
        ports["ports"].as_array().unwrap().iter().map(|port| port.as_u64().unwrap()).collect();
    assert_eq!((numbers.len(), Some(numbers[0])), (3, ports["port"].as_u64()));
    for number in numbers {
        let answer = get(&format!("127.0.0.1:{number}"));
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(serde_json::from_str::<Value>(body).unwrap(), ports, "{number}");
    }
    // In the clear the https port says nothing that an origin could be confused by.
    let https = ports["https"].as_u64().unwrap();
    assert!(!get(&format!("127.0.0.1:{https}")).contains("HTTP/1.1 200"));
}

#[test]
fn it_ends_with_its_standard_input() {
    let (mut process, _) = start(&[]);
    drop(process.0.stdin.take());
    assert!(process.0.wait().as_ref().is_ok_and(ExitStatus::success));
}

#[test]
fn a_command_line_that_makes_no_sense_is_explained() {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis-playground"))
        .args(["--proxy", "api=http://127.0.0.1/"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("portcullis-playground: "));
}
