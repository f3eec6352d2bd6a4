/** The tape-measured people of the survey, from its table. */
import type { TapedPerson } from './people.ts';

/** Throws an Error that names a column which is missing. */
export function parseTaped(csv: string): TapedPerson[] {
  const [header = '', ...lines] = csv.trim().split('\n');
  const columns = header.trim().split(',');
  const people = lines.map((line) => {
    const cells = line.trim().split(',');
    const cell = (name: string): string => {
      const value = cells[columns.indexOf(name)];
      if (value === undefined) throw new Error(`the table of tape-measured people has no ${name}`);
      return value;
    };
    return {
      sex: cell('sex') === 'male' ? 'male' : 'female',
      heightCm: Number(cell('reported_height_cm')),
      weightKg: Number(cell('reported_weight_kg')),
      slips:
        Math.abs(Number(cell('reported_height_cm')) - Number(cell('stature_cm'))) >= 10 ||
        Math.abs(Number(cell('reported_weight_kg')) - Number(cell('weight_kg'))) >= 15,
      ageYears: Number(cell('age_years')),
      chest: Number(cell('chest_girth_cm')),
      waist: Number(cell('waist_navel_girth_cm')),
      hip: Number(cell('buttock_girth_cm')),
      bideltoid: Number(cell('bideltoid_breadth_cm')),
      waistBreadth: Number(cell('waist_navel_breadth_cm')),
      hipBreadth: Number(cell('hip_breadth_cm')),
      inseam: Number(cell('crotch_height_cm')),
      biacromial: Number(cell('biacromial_breadth_cm')),
    } as const;
  });
  // Slips of the pen, by tens of cm or kg.
  return people.filter(({ slips }) => !slips).map(({ slips: _, ...person }) => person);
}
