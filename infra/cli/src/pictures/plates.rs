//! Plates, from above.

use super::canvas::{Canvas, Fill};
use super::colour::{CHROME, CLAY, Finish, Stuff, Tint};
use super::props::{leaf, lemon};
use super::scene::{Place, backdrop};
use super::shape::{At, Shape};

pub(crate) fn plate(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Kitchen, None, finish.tint);
    let turn = canvas.between(-12.0, 12.0);
    match model {
        "Bread" => {
            flat(canvas, (500.0, 510.0), (270.0, 270.0), 0.74, finish);
            let crumb = Tint::hex(0xec_d3a2);
            let loaf = |grow: f32| {
                Shape::blob(&[
                    (390.0 - grow, 450.0),
                    (440.0, 400.0 - grow),
                    (520.0, 404.0 - grow),
                    (600.0 + grow, 440.0),
                    (604.0 + grow, 540.0),
                    (580.0, 610.0 + grow),
                    (420.0, 606.0 + grow),
                    (392.0 - grow, 540.0),
                ])
                .turn(turn * 2.0, (500.0, 510.0))
            };
            canvas.shadow(&loaf(10.0), (10.0, 14.0), 14.0, 0.45);
            canvas.fill(&loaf(12.0), Tint::hex(0xa8_6a35).solid());
            canvas.fill(
                &loaf(0.0),
                Fill::Round(
                    (460.0, 460.0),
                    220.0,
                    vec![(0.0, crumb.lit(0.4).solid()), (1.0, crumb.shaded(0.06).solid())],
                ),
            );
            canvas.speckles(&loaf(-12.0), crumb, 60);
        }
        "Dinner" => {
            flat(canvas, (500.0, 500.0), (345.0, 345.0), 0.70, finish);
            for (x, is_fork) in [(88.0, true), (912.0, false)] {
                cutlery(canvas, x, is_fork);
            }
        }
        "Lunch" => {
            for (number, at) in [(0.0, 560.0), (1.0, 530.0), (2.0, 500.0)] {
                flat(
                    canvas,
                    (530.0 - number * 18.0, at),
                    (300.0 - number * 5.0, 300.0 - number * 5.0),
                    0.72,
                    finish,
                );
            }
        }
        "Oval" => {
            flat(canvas, (500.0, 500.0), (400.0, 250.0), 0.74, finish);
            for (x, y, angle) in [(430.0, 480.0, -20.0), (550.0, 530.0, 24.0), (560.0, 440.0, -48.0)] {
                lemon(canvas, (x, y), 62.0, angle + turn);
            }
        }
        _ => {
            flat(canvas, (500.0, 500.0), (320.0, 320.0), 0.68, finish);
            let soup = Tint::hex(0xdb_7f35);
            let stops =
                [(0.0, soup.lit(0.20).solid()), (0.8, soup.solid()), (1.0, soup.shaded(0.25).solid())];
            canvas.fill(
                &Shape::circle(502.0, 504.0, 186.0),
                Fill::Round((470.0, 470.0), 220.0, stops.to_vec()),
            );
            let cream = Shape::curve(&[
                (430.0, 520.0),
                (470.0, 450.0),
                (540.0, 470.0),
                (530.0, 540.0),
                (470.0, 545.0),
                (486.0, 500.0),
            ])
            .turn(turn * 4.0, (500.0, 500.0));
            canvas.line(&cream, 11.0, Tint::hex(0xfb_efd8).alpha(0.9));
            for (x, y) in [(560.0, 430.0), (588.0, 470.0), (540.0, 590.0), (430.0, 420.0)] {
                leaf(canvas, (x, y), 26.0, x + turn);
            }
        }
    }
}

/// A plate from above: its rim, its well, and rings of glaze.
fn flat(canvas: &mut Canvas, (x, y): At, (wide, high): (f32, f32), well: f32, finish: Finish) {
    let tint = finish.tint;
    let outline = Shape::ellipse(x, y, wide, high);
    canvas.shadow(&outline, (20.0, 30.0), 34.0, 0.46);
    canvas.shadow(&outline, (6.0, 8.0), 8.0, 0.30);
    let light = (x - wide * 0.4, y - high * 0.5);
    let stops =
        [(0.0, tint.lit(0.42).solid()), (0.5, tint.lit(0.08).solid()), (1.0, tint.shaded(0.18).solid())];
    canvas.fill(&outline, Fill::Round(light, wide * 1.8, stops.to_vec()));
    canvas.line(&Shape::ellipse(x, y, wide - 3.0, high - 3.0), 6.0, CLAY.mix(tint, 0.3).alpha(0.8));
    let ring = Shape::ellipse(x, y, wide * well, high * well);
    let stops = [(0.0, tint.shaded(0.22).solid()), (0.45, tint.solid()), (1.0, tint.lit(0.32).solid())];
    canvas.fill(
        &ring,
        Fill::Line((x - wide * well, y - high * well), (x + wide * well, y + high * well), stops.to_vec()),
    );
    let base = Shape::ellipse(x + 3.0, y + 4.0, wide * (well - 0.07), high * (well - 0.07));
    let stops = [(0.0, tint.lit(0.16).solid()), (0.7, tint.solid()), (1.0, tint.shaded(0.10).solid())];
    canvas.fill(&base, Fill::Round((x - wide * 0.15, y - high * 0.15), wide * well, stops.to_vec()));
    canvas.speckles(&outline, CLAY, 110);
    let gleam = Shape::curve(&[
        (x - wide * 0.86, y - high * 0.20),
        (x - wide * 0.66, y - high * 0.60),
        (x - wide * 0.24, y - high * 0.86),
    ]);
    canvas.light(
        &Shape::polygon(&[
            (x - wide * 0.9, y - high * 0.2),
            (x - wide * 0.7, y - high * 0.64),
            (x - wide * 0.2, y - high * 0.9),
            (x - wide * 0.6, y - high * 0.5),
        ]),
        20.0,
        tint.lit(0.8).alpha(0.35),
    );
    canvas.line(&gleam, 4.0, tint.lit(0.8).alpha(0.45));
}

fn cutlery(canvas: &mut Canvas, x: f32, is_fork: bool) {
    let tube = Finish { tint: CHROME.tint, stuff: Stuff::Metal };
    let line = Shape::line(&[(x, 330.0), (x, 740.0)]);
    canvas.shadow(&Shape::rect(x - 12.0, 250.0, 24.0, 490.0), (10.0, 14.0), 12.0, 0.4);
    canvas.tube(&line, 15.0, tube);
    if is_fork {
        canvas.tube(
            &Shape::curve(&[
                (x - 20.0, 250.0),
                (x - 18.0, 330.0),
                (x, 356.0),
                (x + 18.0, 330.0),
                (x + 20.0, 250.0),
            ]),
            8.0,
            tube,
        );
        canvas.tube(&Shape::line(&[(x, 250.0), (x, 350.0)]), 8.0, tube);
    } else {
        let blade = Shape::blob(&[
            (x + 8.0, 420.0),
            (x + 8.0, 420.0),
            (x + 12.0, 290.0),
            (x - 2.0, 236.0),
            (x - 2.0, 236.0),
            (x - 14.0, 330.0),
            (x - 8.0, 420.0),
            (x - 8.0, 420.0),
        ]);
        canvas.round(&blade, tube);
    }
}
