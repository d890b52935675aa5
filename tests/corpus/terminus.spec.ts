// What an application's own health check says where no database answers: with Terminus 10 and 11.
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { DatabasePostgresModule, PostgresHealthIndicator } from './db-postgres';

it('should be down among the checks of Terminus', async () => {
  process.env['DATABASE_URL'] = 'postgres://127.0.0.1:1/none';
  const module = await Test.createTestingModule({
    imports: [TerminusModule, DatabasePostgresModule],
  }).compile();
  const indicator = module.get(PostgresHealthIndicator);
  const checked = module.get(HealthCheckService).check([() => indicator.isHealthy()]);
  await expect(checked).rejects.toMatchObject({
    status: 503,
    response: { error: { postgres: { status: 'down' } } },
  });
  await module.close();
});
