export * from './chart';
export * from './journal';
export * from './posting-rules';
