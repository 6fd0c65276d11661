//! Tables.

use super::canvas::{Canvas, Fill};
use super::colour::{Finish, INK, Tint};
use super::props::{books, vase};
use super::scene::{Place, backdrop};
use super::shape::Shape;
use super::space::{View, block, footprint, leg};

pub(crate) fn table(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Day, Some(670.0), finish.tint);
    let turn = canvas.between(-6.0, 6.0);
    let view = View { around: 30.0 + turn, ..View::new((490.0, 790.0), 4.2) };
    match model {
        "Barn" => {
            footprint(canvas, view, (-88.0, -42.0), (88.0, 42.0));
            for (x, z) in [(-78.0, -34.0), (78.0, -34.0), (-78.0, 34.0), (78.0, 34.0)] {
                block(canvas, view, (x - 6.0, 0.0, z - 6.0), (x + 6.0, 64.0, z + 6.0), (finish, 2.0));
            }
            block(canvas, view, (-80.0, 58.0, -36.0), (80.0, 68.0, 36.0), (finish, 0.0));
            for number in 0..4_u8 {
                let z = -44.0 + 22.0 * f32::from(number);
                block(canvas, view, (-92.0, 68.0, z), (92.0, 74.0, z + 21.6), (finish, 1.0));
            }
            vase(canvas, view, (-20.0, 74.0, 0.0), 24.0);
        }
        "Drum" => {
            let view = View { foot: (500.0, 800.0), scale: 8.0, ..view };
            footprint(canvas, view, (-26.0, -24.0), (26.0, 24.0));
            let (x, y) = view.at((0.0, 0.0, 0.0));
            let (wide, high) = (26.0 * view.scale, 44.0 * view.scale);
            let rim = view.disc((0.0, 0.0, 0.0), 26.0);
            canvas.fill(&rim, Fill::across(x - wide, x + wide, &finish.round()));
            canvas.round(&Shape::rect(x - wide, y - high, wide * 2.0, high), finish);
            let slat = finish.tint.shaded(0.5);
            for number in 1..22_u8 {
                let angle = (f32::from(number) / 22.0 * 180.0).to_radians();
                let (line, sag) = (x - wide * angle.cos(), angle.sin() * wide * 0.34);
                canvas.line(&Shape::line(&[(line, y - high + sag), (line, y + sag)]), 2.4, slat.alpha(0.45));
            }
            round_top(canvas, view, 44.0, 28.0, finish);
            vase(canvas, view, (4.0, 47.0, 0.0), 15.0);
        }
        "Gather" => {
            let view = View { foot: (500.0, 780.0), scale: 3.7, ..view };
            footprint(canvas, view, (-106.0, -48.0), (106.0, 48.0));
            for (x, z) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
                leg(canvas, view, (x * 84.0, 70.0, z * 34.0), (x * 98.0, 0.0, z * 42.0), (finish, 26.0));
            }
            block(canvas, view, (-108.0, 70.0, -48.0), (108.0, 75.0, 48.0), (finish, 14.0));
            for (x, z) in [
                (-70.0, 20.0),
                (-22.0, 24.0),
                (28.0, 24.0),
                (74.0, 22.0),
                (-60.0, -26.0),
                (0.0, -28.0),
                (60.0, -28.0),
            ] {
                let plate = view.disc((x, 76.0, z), 13.0);
                canvas.fill(&plate.clone().moved(3.0, 4.0), INK.alpha(0.25));
                canvas.fill(&plate, Tint::hex(0xf3_eee2).solid());
                canvas.line(&view.disc((x, 76.3, z), 9.0), 1.6, Tint::hex(0xbd_b5a4).alpha(0.8));
            }
            vase(canvas, view, (0.0, 75.0, -2.0), 22.0);
        }
        "Nest" => {
            let view = View { foot: (470.0, 770.0), scale: 6.4, ..view };
            for (x, z, half, high) in
                [(-14.0, -10.0, 26.0, 50.0), (14.0, 14.0, 22.0, 40.0), (40.0, 36.0, 18.0, 31.0)]
            {
                let view = View { foot: view.at((x, 0.0, z)), ..view };
                footprint(canvas, view, (-half, -half), (half, half));
                for (x, z) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
                    let at = half - 2.5;
                    leg(canvas, view, (x * at, high, z * at), (x * at, 0.0, z * at), (finish, 15.0));
                }
                block(canvas, view, (-half, high, -half), (half, high + 3.0, half), (finish, 5.0));
            }
            books(
                canvas,
                View { foot: view.at((-14.0, 0.0, -10.0)), ..view },
                (-18.0, 53.0, 0.0),
                -2.0,
                16.0,
            );
        }
        _ => {
            footprint(canvas, view, (-84.0, -38.0), (84.0, 38.0));
            for x in [-58.0, 58.0] {
                leg(canvas, view, (x - 3.0, 68.0, -8.0), (x - 12.0, 0.0, -36.0), (finish, 22.0));
                leg(canvas, view, (x + 3.0, 68.0, -8.0), (x + 12.0, 0.0, -36.0), (finish, 22.0));
                leg(canvas, view, (x, 24.0, -26.0), (x, 24.0, 26.0), (finish, 14.0));
                leg(canvas, view, (x - 3.0, 68.0, 8.0), (x - 12.0, 0.0, 36.0), (finish, 22.0));
                leg(canvas, view, (x + 3.0, 68.0, 8.0), (x + 12.0, 0.0, 36.0), (finish, 22.0));
                block(canvas, view, (x - 5.0, 64.0, -34.0), (x + 5.0, 70.0, 34.0), (finish, 0.0));
            }
            block(canvas, view, (-90.0, 70.0, -40.0), (90.0, 74.0, 40.0), (finish, 3.0));
            books(canvas, view, (-30.0, 74.0, -6.0), 0.0, 24.0);
            vase(canvas, view, (40.0, 74.0, 4.0), 18.0);
        }
    }
}

/// The round top of a table.
fn round_top(canvas: &mut Canvas, view: View, high: f32, radius: f32, finish: Finish) {
    let (lower, upper) = (view.disc((0.0, high, 0.0), radius), view.disc((0.0, high + 3.0, 0.0), radius));
    let (left, _, right, _) = upper.bounds();
    canvas.fill(&lower, finish.tint.shaded(0.4).solid());
    canvas.fill(
        &upper,
        Fill::across(left, right, &[(0.0, finish.tint.lit(0.35).solid()), (1.0, finish.tint.solid())]),
    );
    canvas.grain(&upper, finish.tint, false);
}
