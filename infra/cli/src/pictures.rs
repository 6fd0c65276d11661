//! The pictures of the demo catalogue: one for each product, drawn by its range, model and finish.
#![expect(clippy::too_many_lines, reason = "a drawing is a list of points, one model after the other")]

mod blankets;
mod bulbs;
mod cabinets;
mod canvas;
mod chairs;
mod cloths;
mod colour;
mod cups;
mod fire_bowls;
mod garden_chairs;
mod knives;
mod lamps;
mod lanterns;
mod lights;
mod pans;
mod planters;
mod plates;
mod props;
mod scene;
mod shape;
mod shelves;
mod sofas;
mod space;
mod tables;

use image::DynamicImage;

use canvas::Canvas;
use colour::Finish;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sitter {
    /// What it is, as in its name.
    pub(crate) noun: &'static str,
    pub(crate) model: &'static str,
    pub(crate) finish: &'static str,
}

/// The pixels of a side that a product's page shows. Twice as many would take four times as long.
pub(crate) const SIDE: u16 = 800;

/// Draws a product: the seed chooses what its range, model and finish leave open. `None` without memory, and
/// for a range that nobody has drawn.
pub(crate) fn draw(seed: usize, sitter: Sitter, side: u16) -> Option<DynamicImage> {
    let draw = match sitter.noun {
        "desk lamp" => lamps::desk_lamp,
        "floor lamp" => lamps::floor_lamp,
        "pendant" => lights::pendant,
        "wall light" => lights::wall_light,
        "bulb" => bulbs::bulb,
        "chair" => chairs::chair,
        "table" => tables::table,
        "shelf" => shelves::shelf,
        "sofa" => sofas::sofa,
        "cabinet" => cabinets::cabinet,
        "cup" => cups::cup,
        "plate" => plates::plate,
        "pan" => pans::pan,
        "knife" => knives::knife,
        "cloth" => cloths::textile,
        "lantern" => lanterns::lantern,
        "garden chair" => garden_chairs::garden_chair,
        "planter" => planters::planter,
        "fire bowl" => fire_bowls::fire_bowl,
        "blanket" => blankets::blanket,
        _ => return None,
    };
    let mut canvas = Canvas::new(seed as u64, side)?;
    draw(&mut canvas, sitter.model, Finish::named(sitter.finish));
    canvas.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use picture::renditions;

    use super::*;
    use crate::catalogue::items;

    /// The bytes of a picture as lists show it.
    fn small(place: usize, sitter: Sitter) -> Vec<u8> {
        let (_, small) = renditions(draw(place, sitter, 200).unwrap()).unwrap().files.remove(2);
        small.bytes
    }

    #[test]
    fn each_product_has_a_picture_and_no_two_are_alike() {
        let sitters: Vec<_> = items().iter().map(|item| item.sitter).collect();
        let half = &|first: usize| {
            let places = (first..sitters.len()).step_by(2);
            places.map(|place| (small(place, sitters[place]), place)).collect::<Vec<_>>()
        };
        let drawn = std::thread::scope(|scope| {
            let halves = [0, 1].map(|first| scope.spawn(move || half(first)));
            halves.map(|half| half.join().unwrap()).concat()
        });
        let mut places = BTreeMap::new();
        for (bytes, place) in drawn {
            assert_eq!(places.insert(bytes, place), None, "{place} looks like another one");
        }
        assert_eq!(places.len(), 200);
    }

    #[test]
    fn a_product_is_drawn_alike_each_time() {
        for (place, item) in items().into_iter().enumerate().step_by(31) {
            let bytes = || {
                let files = renditions(draw(place, item.sitter, SIDE).unwrap()).unwrap().files;
                files.into_iter().map(|(_, file)| file.bytes).collect::<Vec<_>>()
            };
            assert!(bytes() == bytes(), "{place}");
        }
    }

    #[test]
    fn the_seed_changes_what_a_product_leaves_open() {
        let sitter = items()[0].sitter;
        assert_ne!(small(0, sitter), small(1, sitter));
    }
}
