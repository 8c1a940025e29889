export * from './chart';
export type * from './journal';
export * from './posting-rules';
