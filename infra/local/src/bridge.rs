//! Forwards connections from a network of containers to the emulator, which listens on loopback only.

use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};

/// Forwards connections of the listener to a port of loopback, as long as this process lives. The bytes are
/// not changed: requests are signed with the host name that the container used.
pub(crate) fn forward(listener: TcpListener, port: u16) {
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A failure closes the connection, as if the server had died.
            let _ = connect(client, port);
        }
    });
}

fn connect(client: TcpStream, port: u16) -> io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || copy(from_client, to_server));
    std::thread::spawn(move || copy(server, client));
    Ok(())
}

/// Copies one direction to its end, and then closes that direction on the other side.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn bytes_and_the_end_pass_unchanged_in_both_directions() -> io::Result<()> {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let front = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = front.local_addr()?;
        forward(front, server.local_addr()?.port());

        let mut client = TcpStream::connect(address)?;
        client.write_all(b"Host: 172.17.0.1\r\n")?;
        client.shutdown(Shutdown::Write)?;
        let (mut passed, _) = server.accept()?;
        let mut heard = String::new();
        passed.read_to_string(&mut heard)?;
        assert_eq!(heard, "Host: 172.17.0.1\r\n");

        passed.write_all(b"an answer")?;
        drop(passed);
        let mut answer = String::new();
        client.read_to_string(&mut answer)?;
        assert_eq!(answer, "an answer");
        Ok(())
    }
}
