/** The port's types, under the name that other parts know. */
export type * from '../../pose.ts';
