// `npm run build`: brings dist/ up to date.
import { setUp } from './setup.mjs';

await setUp({ services: false });
