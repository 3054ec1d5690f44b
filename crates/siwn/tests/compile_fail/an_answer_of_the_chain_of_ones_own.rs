use siwn::{Asked, Signed, Standing};

fn forge(signed: Signed, standing: Standing) -> Asked {
    Asked { signed, standing }
}

fn main() {}
