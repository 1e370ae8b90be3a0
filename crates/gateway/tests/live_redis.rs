//! The session store in a real `redis-server`, which must be installed.
#![cfg(feature = "redis")]

use std::process::{Command, Stdio};
use std::time::Duration;

use voice_call::Time;
use voice_call::call::{Memory, Speaker, Utterance};
use voice_gateway::live::{RedisStore, Remembered, SessionStore as _};

#[tokio::test]
async fn calls_are_remembered_by_generation_and_forgotten() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut server = Command::new("redis-server")
        .args([
            "--port",
            &port.to_string(),
            "--save",
            "",
            "--bind",
            "127.0.0.1",
        ])
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed");
    let address = format!("redis://127.0.0.1:{port}").into();
    let store = RedisStore::new(&address, Duration::from_secs(60)).unwrap();
    let is_up = async {
        while store.get("CA1").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), is_up)
        .await
        .expect("the server comes up");
    let said = Utterance {
        speaker: Speaker::Agent,
        at: Time::ZERO,
        text: "Hello \"you\"".to_owned().into(),
        heard: Duration::from_millis(900),
        unheard: Duration::from_millis(100),
    };
    let remembered = |generation| Remembered {
        agent: "bakery".to_owned(),
        memory: Memory::new(Some("h-1".to_owned().into()), vec![said.clone()], true),
        generation,
    };
    assert_eq!(store.get("CA1").await.unwrap(), None);
    store.put("CA1", &remembered(1)).await.unwrap();
    store.put("CA1", &remembered(0)).await.unwrap();
    assert_eq!(store.get("CA1").await.unwrap(), Some(remembered(1)));
    // Who was left behind forgets nothing of those who go on.
    store.remove("CA1", 0).await.unwrap();
    assert_eq!(store.get("CA1").await.unwrap(), Some(remembered(1)));
    store.remove("CA1", 1).await.unwrap();
    assert_eq!(store.get("CA1").await.unwrap(), None);
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(store.get("CA1").await.is_err());
}
