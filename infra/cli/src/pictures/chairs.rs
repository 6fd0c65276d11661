//! Chairs.

use super::canvas::{Canvas, Fill};
use super::colour::{Finish, STEEL, Stuff};
use super::scene::{Place, backdrop};
use super::shape::Shape;
use super::space::{Spot, View, block, footprint, leg, legs};

/// Cords and seats of paper yarn.
const CORD: Finish = Finish::new(0xd9_c7a2, Stuff::Cloth);

/// A round seat, or any other flat thing with a rim.
fn disc(canvas: &mut Canvas, view: View, at: Spot, radius: f32, thick: f32, finish: Finish) {
    let (x, y, z) = at;
    let rim = view.disc((x, y - thick, z), radius);
    canvas.round(&rim, Finish { tint: finish.tint.shaded(0.3), ..finish });
    let (left, top) = view.at((x, y, z));
    let wide = radius * view.scale;
    canvas.round(
        &Shape::rect(left - wide, top, 2.0 * wide, thick * view.scale * 0.94),
        Finish { tint: finish.tint.shaded(0.22), ..finish },
    );
    let top_face = view.disc(at, radius);
    canvas.fill(
        &top_face,
        Fill::across(
            left - wide,
            left + wide,
            &[(0.0, finish.tint.lit(0.30).solid()), (1.0, finish.tint.solid())],
        ),
    );
    match finish.stuff {
        Stuff::Wood => canvas.grain(&top_face, finish.tint, false),
        Stuff::Cloth => canvas.weave(&top_face, finish.tint),
        _ => {}
    }
}

pub(crate) fn chair(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Day, Some(700.0), finish.tint);
    let turn = canvas.between(-5.0, 5.0);
    let view = View { around: 32.0 + turn, ..View::new((480.0, 815.0), 7.4) };
    match model {
        "Alder" => {
            footprint(canvas, view, (-22.0, -21.0), (22.0, 21.0));
            legs(canvas, view, (18.0, 18.0), 44.0, 3.0, (finish, 21.0));
            block(canvas, view, (-22.0, 44.0, -21.0), (22.0, 47.0, 22.0), (finish, 7.0));
            for x in [-19.0, 19.0] {
                leg(canvas, view, (x, 46.0, -19.0), (x, 84.0, -25.0), (finish, 20.0));
            }
            for (y, z) in [(58.0, -21.5), (68.0, -23.0)] {
                leg(canvas, view, (-18.0, y, z), (18.0, y, z), (finish, 13.0));
            }
            block(canvas, view, (-23.0, 76.0, -26.0), (23.0, 86.0, -23.5), (finish, 8.0));
        }
        "Bistro" => {
            footprint(canvas, view, (-20.0, -20.0), (20.0, 20.0));
            legs(canvas, view, (15.0, 15.0), 45.0, 5.0, (finish, 16.0));
            canvas.line(&view.disc((0.0, 22.0, 0.0), 17.5), 9.0, finish.tint.shaded(0.30).solid());
            disc(canvas, view, (0.0, 47.0, 0.0), 22.0, 3.0, finish);
            disc(canvas, view, (0.0, 47.5, 0.0), 18.5, 0.4, CORD);
            let outer = [
                (-19.0, 46.0, -10.0),
                (-18.0, 68.0, -17.0),
                (-10.0, 86.0, -21.0),
                (0.0, 90.0, -22.0),
                (10.0, 86.0, -21.0),
                (18.0, 68.0, -17.0),
                (19.0, 46.0, -10.0),
            ];
            canvas.tube(&view.through(&outer), 16.0, finish);
            let inner = outer.map(|(x, y, z)| (x * 0.56, 46.0 + (y - 46.0) * 0.74, z - 3.0));
            canvas.tube(&view.through(&inner), 12.0, finish);
        }
        "Cradle" => cradle(canvas, View { foot: (470.0, 800.0), scale: 7.0, ..view }, finish),
        "Miller" => {
            footprint(canvas, view, (-22.0, -20.0), (22.0, 20.0));
            legs(canvas, view, (15.0, 14.0), 43.0, 7.0, (finish, 17.0));
            for z in [-17.0, 17.0] {
                leg(canvas, view, (-17.0, 20.0, z), (17.0, 20.0, z), (finish, 9.0));
            }
            disc(canvas, view, (0.0, 46.0, 0.0), 23.0, 3.4, finish);
            let bow = [
                (-20.0, 46.0, -9.0),
                (-21.0, 66.0, -16.0),
                (-14.0, 86.0, -22.0),
                (0.0, 94.0, -24.0),
                (14.0, 86.0, -22.0),
                (21.0, 66.0, -16.0),
                (20.0, 46.0, -9.0),
            ];
            for x in [-14.0, -9.5, -4.8, 0.0, 4.8, 9.5, 14.0] {
                let top = 92.5 - x * x * 0.036;
                leg(canvas, view, (x * 0.85, 46.5, -17.0), (x, top, -23.0), (finish, 7.0));
            }
            canvas.tube(&view.through(&bow), 14.0, finish);
        }
        _ => {
            let view = View { foot: (490.0, 850.0), scale: 7.2, ..view };
            footprint(canvas, view, (-20.0, -20.0), (20.0, 20.0));
            legs(canvas, view, (13.0, 13.0), 66.0, 7.0, (finish, 17.0));
            for (x, z) in [((-18.0, 18.0), (18.0, 18.0)), ((18.0, 18.0), (18.0, -18.0))] {
                leg(canvas, view, (x.0, 20.0, x.1), (z.0, 20.0, z.1), (STEEL, 9.0));
            }
            disc(canvas, view, (0.0, 70.0, 0.0), 20.0, 4.0, finish);
            let rest = [
                (-19.0, 76.0, -6.0),
                (-15.0, 86.0, -14.0),
                (0.0, 90.0, -19.0),
                (15.0, 86.0, -14.0),
                (19.0, 76.0, -6.0),
            ];
            for x in [-9.0, 9.0] {
                leg(canvas, view, (x, 70.0, -14.0), (x, 86.0, -17.0), (STEEL, 9.0));
            }
            canvas.tube(&view.through(&rest), 30.0, finish);
        }
    }
}

/// A low armchair with cushions in a wooden frame.
fn cradle(canvas: &mut Canvas, view: View, finish: Finish) {
    let cushion = Finish::new(0xcf_bfa3, Stuff::Cloth);
    footprint(canvas, view, (-34.0, -32.0), (34.0, 32.0));
    let side = |canvas: &mut Canvas, x: f32| {
        leg(canvas, view, (x, 46.0, 26.0), (x, 0.0, 32.0), (finish, 19.0));
        leg(canvas, view, (x, 50.0, -24.0), (x, 0.0, -34.0), (finish, 19.0));
        let arm = [(x, 52.0, -30.0), (x, 50.0, 0.0), (x, 46.0, 30.0)];
        canvas.tube(&view.through(&arm), 26.0, finish);
    };
    side(canvas, -33.0);
    leg(canvas, view, (-33.0, 30.0, -26.0), (33.0, 30.0, -26.0), (finish, 14.0));
    block(canvas, view, (-27.0, 34.0, -33.0), (27.0, 76.0, -20.0), (cushion, 22.0));
    block(canvas, view, (-28.0, 24.0, -24.0), (28.0, 34.0, 30.0), (cushion, 20.0));
    leg(canvas, view, (-33.0, 22.0, 29.0), (33.0, 22.0, 29.0), (finish, 14.0));
    side(canvas, 33.0);
}
