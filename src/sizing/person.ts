/** What is known of a person, and which girths of theirs decide on a size. */

export type Sex = 'female' | 'male';

/** The girths that size charts are made of. The waist is the one at the navel. */
export const GIRTHS = ['chest', 'waist', 'hip'] as const;
export type Girth = (typeof GIRTHS)[number];
export type Girths = Readonly<Record<Girth, number>>;

/** What the person states about themselves: the height always, the rest when they like. */
export interface PersonFacts {
  readonly heightCm: number;
  readonly weightKg?: number | undefined;
  readonly sex?: Sex | undefined;
  readonly ageYears?: number | undefined;
}
