//! Shelves.

use super::canvas::Canvas;
use super::colour::{BRASS, Finish, STEEL, Stuff};
use super::props::{books, fill_shelf, some_colour, vase};
use super::scene::{Place, backdrop};
use super::shape::Shape;
use super::space::{View, block, face, footprint, leg};

pub(crate) fn shelf(canvas: &mut Canvas, model: &str, finish: Finish) {
    let is_on_wall = model == "Rail";
    backdrop(canvas, Place::Day, (!is_on_wall).then_some(760.0), finish.tint);
    let turn = canvas.between(-5.0, 5.0);
    let view = View { around: 26.0 + turn, down: 15.0, ..View::new((490.0, 860.0), 4.2) };
    match model {
        "Grid" => {
            footprint(canvas, view, (-56.0, -17.0), (56.0, 17.0));
            boxes(canvas, view, (-56.0, 0.0), (3, 4), (37.0, 37.0), finish);
        }
        "Ladder" => {
            footprint(canvas, view, (-38.0, -24.0), (38.0, 24.0));
            let rail = |canvas: &mut Canvas, x: f32| {
                leg(canvas, view, (x, 168.0, -22.0), (x, 0.0, 26.0), (finish, 17.0));
            };
            rail(canvas, -36.0);
            for (y, near) in [(20.0, 30.0), (56.0, 20.0), (92.0, 10.0), (128.0, 0.0)] {
                block(canvas, view, (-35.0, y, -24.0), (35.0, y + 3.0, near - 4.0), (finish, 0.0));
                fill_shelf(canvas, view, (-33.0, y + 3.0, near - 6.0), 2.0, 30.0);
                fill_shelf(canvas, view, (0.0, y + 3.0, near - 6.0), 33.0, 30.0);
            }
            rail(canvas, 36.0);
        }
        "Rail" => {
            let view = View { foot: (490.0, 620.0), scale: 5.6, ..view };
            let board =
                view.face(&[(-62.0, -4.0, 0.0), (62.0, -4.0, 0.0), (62.0, 14.0, 0.0), (-62.0, 14.0, 0.0)]);
            canvas.shadow(&board, (34.0, 44.0), 30.0, 0.34);
            block(canvas, view, (-62.0, -4.0, -2.0), (62.0, 8.0, 0.0), (finish, 2.0));
            for x in [-48.0, -24.0, 0.0, 24.0, 48.0] {
                leg(canvas, view, (x, 2.0, 0.0), (x, 3.5, 7.0), (BRASS, 15.0));
            }
            block(canvas, view, (-62.0, 12.0, -2.0), (62.0, 15.0, 18.0), (finish, 2.0));
            books(canvas, view, (-56.0, 15.0, 10.0), -26.0, 30.0);
            vase(canvas, view, (24.0, 15.0, 8.0), 20.0);
            let (x, y) = view.at((24.0, 3.0, 7.0));
            let cloth = some_colour(canvas);
            let towel = Shape::blob(&[
                (x, y - 6.0),
                (x + 30.0, y + 90.0),
                (x + 44.0, y + 250.0),
                (x + 44.0, y + 250.0),
                (x - 40.0, y + 250.0),
                (x - 40.0, y + 250.0),
                (x - 28.0, y + 90.0),
            ]);
            canvas.shadow(&towel, (18.0, 20.0), 16.0, 0.3);
            canvas.round(&towel, Finish { stuff: Stuff::Cloth, ..cloth });
            for fold in [-12.0, 10.0] {
                canvas.line(
                    &Shape::curve(&[(x, y), (x + fold * 0.8, y + 100.0), (x + fold * 1.6, y + 246.0)]),
                    5.0,
                    cloth.tint.shaded(0.5).alpha(0.3),
                );
            }
        }
        "Stack" => {
            footprint(canvas, view, (-50.0, -17.0), (50.0, 17.0));
            for (x, y, wide, high) in [
                (-52.0, 0.0, 62.0, 40.0),
                (14.0, 0.0, 38.0, 40.0),
                (-40.0, 40.0, 38.0, 46.0),
                (2.0, 40.0, 50.0, 36.0),
                (-28.0, 86.0, 54.0, 36.0),
            ] {
                boxes(canvas, view, (x, y), (1, 1), (wide, high), finish);
            }
        }
        _ => {
            footprint(canvas, view, (-58.0, -15.0), (58.0, 15.0));
            let ladder = |canvas: &mut Canvas, x: f32| {
                for step in 0..13_u8 {
                    let y = 12.0 + 13.0 * f32::from(step);
                    leg(canvas, view, (x, y, -15.0), (x, y, 15.0), (STEEL, 4.0));
                }
                leg(canvas, view, (x, 0.0, -15.0), (x, 176.0, -15.0), (STEEL, 7.0));
            };
            for x in [-58.0, 0.0, 58.0] {
                ladder(canvas, x);
            }
            for (y, x0, x1) in [
                (24.0, -58.0, 58.0),
                (64.0, -58.0, 0.0),
                (76.0, 0.0, 58.0),
                (104.0, -58.0, 0.0),
                (128.0, 0.0, 58.0),
                (144.0, -58.0, 0.0),
            ] {
                block(canvas, view, (x0, y, -15.0), (x1, y + 2.6, 15.0), (finish, 0.0));
                fill_shelf(canvas, view, (x0 + 3.0, y + 2.6, 13.0), x0 + 30.0, 30.0);
                fill_shelf(canvas, view, (x1 - 28.0, y + 2.6, 13.0), x1 - 3.0, 30.0);
            }
            for x in [-58.0, 0.0, 58.0] {
                leg(canvas, view, (x, 0.0, 15.0), (x, 176.0, 15.0), (STEEL, 7.0));
            }
        }
    }
}

/// Compartments that are open to the front, so many across and up.
fn boxes(
    canvas: &mut Canvas,
    view: View,
    (left, foot): (f32, f32),
    (across, up): (u8, u8),
    (wide, high): (f32, f32),
    finish: Finish,
) {
    let (right, top) = (left + wide * f32::from(across), foot + high * f32::from(up));
    block(canvas, view, (left, foot, -17.0), (right, top, 17.0), (finish, 2.0));
    for row in 0..up {
        for column in 0..across {
            let (x0, y0) = (left + wide * f32::from(column) + 2.0, foot + high * f32::from(row) + 2.0);
            let (x1, y1) = (x0 + wide - 4.0, y0 + high - 4.0);
            let hole = view.face(&[(x0, y0, 17.0), (x1, y0, 17.0), (x1, y1, 17.0), (x0, y1, 17.0)]);
            let tint = finish.tint;
            canvas.inside(&hole, |canvas| {
                canvas.fill(&hole, tint.shaded(0.40).solid());
                let wall = [(x0, y0, 17.0), (x0, y0, -15.0), (x0, y1, -15.0), (x0, y1, 17.0)];
                face(canvas, &view.face(&wall), tint.shaded(0.24), 0.0);
                let floor = [(x0, y0, 17.0), (x1, y0, 17.0), (x1, y0, -15.0), (x0, y0, -15.0)];
                face(canvas, &view.face(&floor), tint.shaded(0.08), 0.0);
                fill_shelf(canvas, view, (x0, y0, 15.0), x1, y1 - y0);
            });
        }
    }
}
