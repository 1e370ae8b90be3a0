//! Tells the linker that Node supplies the symbols of Node-API, and to leave names out that nobody asks for.

fn main() {
    napi_build::setup();
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if is_release && std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,--strip-all");
    }
}
