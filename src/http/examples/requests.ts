/** Requests to `/estimate-body`; `responses.ts` has the answers under the same names. */
import type { Example } from './notes.ts';

/** The photo of the examples, unless EXAMPLE_PHOTO_URL names one that can be fetched. */
export const EXAMPLE_PHOTO = 'https://abcdefgh.supabase.co/ada.jpg';

export const REQUESTS: Readonly<Record<string, Example>> = {
  photo_and_height: {
    summary: 'A photo and a height',
    value: { image_url: EXAMPLE_PHOTO, height_cm: 159.6 },
  },
  all_that_is_known: {
    summary: 'All that may be known of the person, and a chart',
    value: {
      image_url: EXAMPLE_PHOTO,
      height_cm: 159.6,
      weight_kg: 59,
      sex: 'female',
      age: 34,
      size_chart: 'en13402_women',
    },
  },
  chart_of_a_garment: {
    summary: "A garment's own size chart, to be worn loose",
    value: {
      image_url: EXAMPLE_PHOTO,
      height_cm: 159.6,
      weight_kg: 59,
      sex: 'female',
      size_chart: {
        name: 'linen_shirt',
        source: 'https://shop.example/linen-shirt',
        waist_at: 'natural_women',
        sizes: [
          { size: 'S', chest: 88, waist: 72 },
          { size: 'M', chest: 94, waist: 78 },
          { size: 'L', chest: 100, waist: 84 },
          { size: 'XL' },
        ],
      },
      fit: 'loose',
    },
  },
  expired_link: {
    summary: 'A link that leads nowhere any more',
    value: { image_url: 'https://abcdefgh.supabase.co/deleted.jpg', height_cm: 172 },
  },
  half_a_person: {
    summary: 'A photo without the feet',
    value: { image_url: 'https://abcdefgh.supabase.co/without-feet.jpg', height_cm: 172 },
  },
  height_in_metres: {
    summary: 'A height in metres',
    value: { image_url: EXAMPLE_PHOTO, height_cm: 1.72 },
  },
};
