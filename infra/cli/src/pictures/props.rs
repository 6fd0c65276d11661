//! What stands on shelves and tables, and lies on plates.

use super::canvas::{Canvas, Fill};
use super::colour::{Finish, Stuff, Tint};
use super::shape::{At, Shape};
use super::space::{Spot, View, block};

/// Colours of books, vases and bowls.
const THINGS: [u32; 8] =
    [0xb8_6a4c, 0xd9_b36a, 0x5b_7f86, 0x7d_8f6c, 0x9a_6f7c, 0xe5_d8bd, 0x44_5a6e, 0xc9_8f78];

pub(crate) fn some_colour(canvas: &mut Canvas) -> Finish {
    Finish::new(THINGS[canvas.random.usize(..THINGS.len())], Stuff::Plain)
}

/// A vase that stands at a spot, with a few twigs.
pub(crate) fn vase(canvas: &mut Canvas, view: View, spot: Spot, high: f32) {
    let (x, y) = view.at(spot);
    let (tall, finish) = (high * view.scale, some_colour(canvas));
    let half = tall * canvas.between(0.24, 0.34);
    for _ in 0..5 {
        let (lean, rise) = (canvas.between(-0.55, 0.55), canvas.between(0.8, 1.25));
        let tip = (x + lean * tall, y - tall - rise * tall);
        let twig = Shape::curve(&[(x, y - tall * 0.9), (x + lean * tall * 0.3, y - tall * 1.4), tip]);
        let green = Tint::hex(0x6f_8460);
        canvas.line(&twig, tall * 0.03 + 1.0, green.shaded(0.3).solid());
        for part in [0.45, 0.7, 0.95] {
            let at = (x + lean * tall * part, y - tall - rise * tall * part);
            let size = tall * 0.10;
            canvas.fill(
                &Shape::ellipse(at.0, at.1, size * 0.5, size).turn(lean * 70.0 + part * 60.0 - 30.0, at),
                green.lit(part * 0.25).solid(),
            );
        }
    }
    canvas.shadow(&Shape::ellipse(x + half * 0.5, y, half * 1.3, half * 0.35), (0.0, 0.0), 8.0, 0.35);
    canvas.turned(
        x,
        &[
            (y - tall, half * 0.36),
            (y - tall * 0.84, half * 0.34),
            (y - tall * 0.5, half),
            (y - tall * 0.2, half * 0.86),
            (y, half * 0.5),
            (y, half * 0.5),
        ],
        finish,
    );
}

/// Books from the left to the right, the last one leaning.
pub(crate) fn books(canvas: &mut Canvas, view: View, (x0, y, z): Spot, x1: f32, high: f32) {
    let mut x = x0;
    while x + 3.0 < x1 {
        let (thick, tall) = (canvas.between(2.4, 4.6), high * canvas.between(0.62, 0.95));
        let finish = some_colour(canvas);
        block(canvas, view, (x, y, z - 14.0), (x + thick, y + tall, z), (finish, 0.0));
        x += thick + 0.3;
    }
}

/// What stands in one compartment, by chance.
pub(crate) fn fill_shelf(canvas: &mut Canvas, view: View, (x0, y, z): Spot, x1: f32, high: f32) {
    let wide = x1 - x0;
    match canvas.random.u8(..5) {
        0 => books(canvas, view, (x0 + 2.0, y, z - 4.0), x0 + wide * 0.75, high),
        1 => books(canvas, view, (x0 + wide * 0.35, y, z - 4.0), x1 - 2.0, high),
        2 => vase(canvas, view, (x0.midpoint(x1), y, z - 9.0), high * 0.42),
        3 => {
            let (x, y) = view.at((x0.midpoint(x1), y, z - 9.0));
            let (size, finish) = (high * view.scale * 0.24, some_colour(canvas));
            canvas.turned(
                x,
                &[
                    (y - size, size),
                    (y - size, size),
                    (y - size * 0.4, size * 0.8),
                    (y, size * 0.4),
                    (y, size * 0.4),
                ],
                finish,
            );
        }
        _ => {}
    }
}

pub(crate) fn lemon(canvas: &mut Canvas, (x, y): At, size: f32, degrees: f32) {
    let skin = Tint::hex(0xf2_cb45);
    let shape = Shape::blob(&[
        (x - size * 1.25, y),
        (x - size, y - size * 0.35),
        (x, y - size * 0.82),
        (x + size, y - size * 0.35),
        (x + size * 1.25, y),
        (x + size, y + size * 0.35),
        (x, y + size * 0.82),
        (x - size, y + size * 0.35),
    ])
    .turn(degrees, (x, y));
    canvas.shadow(&shape, (12.0, 16.0), 14.0, 0.42);
    let stops = [(0.0, skin.lit(0.6).solid()), (0.4, skin.solid()), (1.0, skin.shaded(0.35).solid())];
    canvas.fill(&shape, Fill::Round((x - size * 0.4, y - size * 0.4), size * 1.7, stops.to_vec()));
}

pub(crate) fn leaf(canvas: &mut Canvas, (x, y): At, size: f32, degrees: f32) {
    let green = Tint::hex(0x5f_8a4a);
    let shape = Shape::blob(&[
        (x - size, y),
        (x - size, y),
        (x, y - size * 0.45),
        (x + size, y),
        (x + size, y),
        (x, y + size * 0.45),
    ])
    .turn(degrees, (x, y));
    canvas.fill(&shape, green.solid());
    canvas.line(
        &Shape::line(&[(x - size, y), (x + size, y)]).turn(degrees, (x, y)),
        2.0,
        green.lit(0.5).alpha(0.7),
    );
}
