//! Pans, from above.

use super::canvas::{Canvas, Fill};
use super::colour::{Finish, INK, Stuff, Tint};
use super::props::leaf;
use super::scene::{Place, backdrop};
use super::shape::{At, Shape};

pub(crate) fn pan(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Kitchen, None, finish.tint);
    let iron = finish.tint;
    let angle = canvas.between(-6.0, 6.0) - if model == "Grill" { 8.0 } else { 38.0 };
    canvas.turned_by(angle, (488.0, 470.0), |canvas| {
        let wood = Finish::named(if finish.stuff == Stuff::Metal { "walnut" } else { "cast iron" });
        let grip = if model == "Wok" { Finish::named("beech handle") } else { wood };
        let bar = Shape::rounded(640.0, 474.0, 296.0, 52.0, 26.0);
        canvas.shadow(&bar, (4.0, 34.0), 18.0, 0.42);
        canvas.fill(
            &bar,
            Fill::down(
                474.0,
                526.0,
                &[
                    (0.0, grip.tint.lit(0.35).solid()),
                    (0.4, grip.tint.solid()),
                    (1.0, grip.tint.shaded(0.45).solid()),
                ],
            ),
        );
        if grip.stuff == Stuff::Wood {
            canvas.grain(&bar, grip.tint, false);
        }
        canvas.fill(&Shape::circle(906.0, 500.0, 12.0), INK.alpha(0.65));
        if model == "Sauté" {
            canvas.tube(
                &Shape::curve(&[(120.0, 440.0), (64.0, 450.0), (64.0, 550.0), (120.0, 560.0)]),
                26.0,
                wood,
            );
        }
        let (shape, inner, deep): (fn(f32) -> Shape, f32, f32) = match model {
            "Grill" => {
                (|size| Shape::rounded(400.0 - size, 500.0 - size, 2.0 * size, 2.0 * size, 60.0), 250.0, 0.30)
            }
            "Crêpe" => (|size| Shape::circle(400.0, 500.0, size), 282.0, 0.10),
            "Frying" => (|size| Shape::circle(400.0, 500.0, size), 250.0, 0.26),
            "Sauté" => (|size| Shape::circle(400.0, 500.0, size), 268.0, 0.42),
            _ => (|size| Shape::circle(400.0, 500.0, size), 210.0, 0.5),
        };
        canvas.shadow(&shape(300.0), (6.0, 40.0), 34.0, 0.5);
        let rim =
            [(0.0, iron.lit(0.5).solid()), (0.35, iron.lit(0.12).solid()), (1.0, iron.shaded(0.5).solid())];
        canvas.fill(&shape(300.0), Fill::Line((200.0, 250.0), (600.0, 760.0), rim.to_vec()));
        let wall = [
            (0.0, iron.shaded(0.2 + deep).solid()),
            (0.5, iron.shaded(deep * 0.4).solid()),
            (1.0, iron.lit(0.10 + deep * 0.7).solid()),
        ];
        canvas.fill(&shape(288.0), Fill::Line((190.0, 300.0), (610.0, 720.0), wall.to_vec()));
        if model == "Wok" {
            let bowl = [
                (0.0, iron.lit(0.34).solid()),
                (0.25, iron.shaded(0.1).solid()),
                (0.7, iron.shaded(0.28).solid()),
                (1.0, iron.alpha(0.0)),
            ];
            canvas.fill(&shape(286.0), Fill::Round((440.0, 540.0), 290.0, bowl.to_vec()));
        } else {
            let floor = [
                (0.0, iron.lit(0.20).solid()),
                (0.55, iron.lit(0.02).solid()),
                (1.0, iron.shaded(0.22).solid()),
            ];
            canvas.fill(&shape(inner), Fill::Round((340.0, 430.0), inner * 1.5, floor.to_vec()));
            canvas.line(&shape(inner), 2.5, iron.lit(0.4).alpha(0.35));
        }
        if model == "Grill" {
            for step in 0..9_u8 {
                let y = 288.0 + 53.0 * f32::from(step);
                canvas.line(
                    &Shape::line(&[(188.0, y + 5.0), (612.0, y + 5.0)]),
                    17.0,
                    iron.shaded(0.55).solid(),
                );
                canvas.line(&Shape::line(&[(188.0, y), (612.0, y)]), 15.0, iron.lit(0.10).solid());
                canvas.line(
                    &Shape::line(&[(190.0, y - 4.0), (610.0, y - 4.0)]),
                    3.0,
                    iron.lit(0.4).alpha(0.6),
                );
            }
        }
        if finish.stuff == Stuff::Metal && model != "Grill" {
            for ring in 1..9_u8 {
                let radius = inner * f32::from(ring) / 9.0;
                canvas.line(&Shape::circle(400.0, 500.0, radius), 1.2, iron.lit(0.5).alpha(0.16));
            }
        }
        for y in [484.0, 516.0] {
            canvas.fill(&Shape::circle(650.0, y, 9.0), iron.lit(0.35).solid());
        }
    });
    match model {
        "Frying" => egg(canvas, (400.0, 560.0)),
        "Crêpe" => {
            let batter = Tint::hex(0xe9_bd72);
            let at = (423.0, 562.0);
            let edge = Shape::circle(at.0, at.1, 216.0);
            canvas.fill(
                &edge,
                Fill::Round(
                    at,
                    216.0,
                    vec![
                        (0.0, batter.lit(0.3).solid()),
                        (0.8, batter.solid()),
                        (1.0, batter.shaded(0.3).solid()),
                    ],
                ),
            );
            canvas.inside(&edge, |canvas| {
                for _ in 0..46 {
                    let (x, y) = (canvas.between(210.0, 640.0), canvas.between(350.0, 780.0));
                    let size = canvas.between(5.0, 20.0);
                    canvas.fill(&Shape::ellipse(x, y, size, size * 0.7), Tint::hex(0xb8_7a35).alpha(0.22));
                }
            });
        }
        "Sauté" => {
            for (x, y, turn) in
                [(380.0, 520.0, 10.0), (470.0, 600.0, 70.0), (370.0, 640.0, 130.0), (480.0, 500.0, 200.0)]
            {
                leaf(canvas, (x, y), 44.0, turn + angle);
            }
        }
        _ => {}
    }
}

fn egg(canvas: &mut Canvas, (x, y): At) {
    let white = Shape::blob(&[
        (x - 120.0, y - 20.0),
        (x - 60.0, y - 104.0),
        (x + 40.0, y - 96.0),
        (x + 122.0, y - 40.0),
        (x + 112.0, y + 60.0),
        (x + 20.0, y + 112.0),
        (x - 84.0, y + 92.0),
    ]);
    canvas.shadow(&white, (6.0, 8.0), 10.0, 0.4);
    canvas.fill(
        &white,
        Fill::Round(
            (x - 20.0, y - 20.0),
            150.0,
            vec![(0.0, Tint::hex(0xff_fdf6).solid()), (1.0, Tint::hex(0xee_e6d4).solid())],
        ),
    );
    let yolk = Tint::hex(0xf3_a92c);
    canvas.fill(
        &Shape::circle(x + 6.0, y, 48.0),
        Fill::Round(
            (x - 10.0, y - 18.0),
            74.0,
            vec![(0.0, yolk.lit(0.55).solid()), (0.4, yolk.solid()), (1.0, yolk.shaded(0.2).solid())],
        ),
    );
}
