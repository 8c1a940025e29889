export * from './schema';
export * from './cited';
export * from './parse';
export * from './book';
export * from './dates';
