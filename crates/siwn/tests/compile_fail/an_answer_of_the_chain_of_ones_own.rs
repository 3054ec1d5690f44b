use siwn::{Asked, Standing};

fn forge(standing: Standing) -> Asked {
    Asked(standing)
}

fn main() {}
