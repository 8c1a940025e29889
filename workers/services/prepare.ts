import { postgresBinaries } from './postgres-binaries';
import { clusterTemplate } from './postgres-cluster';

/** Gets ready what the services need, so that starting them takes no more than starting them. */
export async function prepareServices(): Promise<void> {
  if (!process.env['DATABASE_URL']) await clusterTemplate(await postgresBinaries());
}
