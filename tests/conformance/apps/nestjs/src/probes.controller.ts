import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  HttpCode,
  NotImplementedException,
  Post,
  Query,
  UseFilters,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DatabaseError } from 'pg';
import {
  Connection,
  DatabasePostgresService,
  DatabaseUnavailableError,
  DatabaseUrl,
  OutcomeUnknownError,
  type Queryable,
  RequestConnection,
  RequestTransaction,
  Transaction,
  type TransactionOptions,
} from './db-postgres';

class Boom extends Error {
  constructor() {
    super('boom');
  }
}

/** An error with how often the transaction was tried. */
class Tried extends Error {
  constructor(
    cause: unknown,
    readonly attempts: number,
  ) {
    super('tried', { cause });
  }
}

/** Shows of an error what the suite asks for. */
@Catch()
class ProbeFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(thrown: unknown, context: ArgumentsHost) {
    const attempts = thrown instanceof Tried ? thrown.attempts : null;
    const error = thrown instanceof Tried ? thrown.cause : thrown;
    const adapter = this.host.httpAdapter;
    const response: unknown = context.switchToHttp().getResponse();
    if (error instanceof DatabaseUnavailableError) {
      adapter.setHeader(response, 'Retry-After', '1');
    }
    const body = {
      error: kindOf(error),
      message: error instanceof Error ? error.message : String(error),
      sqlstate: error instanceof DatabaseError ? error.code : null,
      attempts,
    };
    const status = error instanceof DatabaseUnavailableError ? 503 : 500;
    adapter.reply(response, body, status);
  }
}

function kindOf(error: unknown): string {
  if (error instanceof Boom) {
    return 'boom';
  }
  if (
    error instanceof DatabaseUnavailableError ||
    error instanceof OutcomeUnknownError
  ) {
    return error.kind;
  }
  return 'database';
}

async function insert(database: Queryable, id: string) {
  await database.query('INSERT INTO probe_rows (id) VALUES ($1)', [id]);
}

async function add(database: Queryable, id: string, amount: number) {
  await database.query(
    'UPDATE probe_accounts SET balance = balance + $2 WHERE id = $1',
    [id, amount],
  );
}

interface Payment {
  id: string;
  from: string;
  to: string;
  amount: string;
}

/** Money moves, and it is written down that it did. */
async function enter(database: Queryable, payment: Payment) {
  const { id, from, to, amount } = payment;
  await database.query(
    'INSERT INTO probe_payments (id, origin, target, amount) VALUES ($1, $2, $3, $4)',
    [id, from, to, amount],
  );
  await add(database, from, -Number(amount));
  await add(database, to, Number(amount));
}

@UseFilters(ProbeFilter)
@Controller('probe')
export class ProbesController {
  constructor(private readonly database: DatabasePostgresService) {}

  private async tried(
    f: (transaction: Transaction) => Promise<void>,
    options?: TransactionOptions,
  ) {
    let attempts = 0;
    try {
      await this.database.runInTransaction((tx) => {
        attempts++;
        return f(tx);
      }, options);
      return { attempts };
    } catch (error) {
      throw new Tried(error, attempts);
    }
  }

  @Get('one')
  async one(@RequestConnection() connection: Connection) {
    const { rows } = await connection.query('SELECT 1 AS value');
    return rows[0];
  }

  @Get('pid')
  async pid(@RequestConnection() connection: Connection) {
    const { rows } = await connection.query('SELECT pg_backend_pid() AS pid');
    return rows[0];
  }

  @Get('setting')
  async setting(
    @RequestConnection() connection: Connection,
    @Query('name') name: string,
  ) {
    const { rows } = await connection.query(
      'SELECT current_setting($1) AS value',
      [name],
    );
    return rows[0];
  }

  @Get('sleep')
  async sleep(
    @RequestConnection() connection: Connection,
    @Query('seconds') seconds: string,
  ) {
    await connection.query('SELECT pg_sleep($1)', [seconds]);
    return { slept: Number(seconds) };
  }

  @Get('hold')
  async hold(
    @RequestConnection() connection: Connection,
    @Query('seconds') seconds: string,
  ) {
    await pause(Number(seconds) * 1000);
    await connection.query('SELECT 1');
    return { held: Number(seconds) };
  }

  @Post('session')
  @HttpCode(200)
  async session(
    @RequestTransaction() tx: Transaction,
    @Query('id') id: string,
    @Query('commit') commit: string,
  ) {
    await insert(tx, id);
    if (commit === 'true') {
      await tx.commit();
    }
    return { id: Number(id) };
  }

  @Post('session_hold')
  @HttpCode(200)
  async sessionHold(
    @RequestTransaction() tx: Transaction,
    @Query('id') id: string,
    @Query('seconds') seconds: string,
  ) {
    await insert(tx, id);
    await pause(Number(seconds) * 1000);
    await tx.commit();
    return { id: Number(id) };
  }

  @Post('panic')
  async panic(@RequestTransaction() tx: Transaction, @Query('id') id: string) {
    await insert(tx, id);
    const nothing = undefined as unknown as { anything: string };
    return nothing.anything;
  }

  @Post('transfer')
  @HttpCode(200)
  transfer(@Query() query: Record<'from' | 'to' | 'amount' | 'fail', string>) {
    return this.tried(async (tx) => {
      await add(tx, query.from, -Number(query.amount));
      if (query.fail === 'true') {
        throw new Boom();
      }
      await add(tx, query.to, Number(query.amount));
    });
  }

  @Post('pay')
  @HttpCode(200)
  async pay(@Query() payment: Payment) {
    await this.database.runInTransaction((tx) => enter(tx, payment));
    return { id: payment.id };
  }

  @Post('pay_by_hand')
  @HttpCode(200)
  async payByHand(
    @RequestTransaction() tx: Transaction,
    @Query() payment: Payment,
  ) {
    await enter(tx, payment);
    await tx.commit();
    return { id: payment.id };
  }

  @Post('transaction')
  @HttpCode(200)
  transaction(
    @Query() query: Record<'isolation' | 'read_only' | 'deferrable', string>,
  ) {
    const isolation = query.isolation.replace('_', ' ');
    return this.database.runInTransaction(
      async (tx) => {
        const { rows } = await tx.query(
          `SELECT current_setting('transaction_isolation') AS isolation,
                  current_setting('transaction_read_only') AS read_only,
                  current_setting('transaction_deferrable') AS deferrable`,
        );
        return rows[0];
      },
      {
        isolation: isolation as 'serializable',
        readOnly: query.read_only === 'true',
        deferrable: query.deferrable === 'true',
      },
    );
  }

  @Post('write_read_only')
  @HttpCode(200)
  writeReadOnly(@Query('id') id: string) {
    return this.tried((tx) => insert(tx, id), { readOnly: true });
  }

  @Post('nested')
  @HttpCode(200)
  nested(@Query() query: Record<'outer' | 'inner' | 'fail', string>) {
    return this.database.runInTransaction(async (tx) => {
      await insert(tx, query.outer);
      try {
        await tx.nested(async (tx) => {
          await insert(tx, query.inner);
          if (query.fail === 'true') {
            throw new Boom();
          }
        });
        return { inner: 'ok' };
      } catch (error) {
        if (error instanceof Boom) {
          return { inner: 'boom' };
        }
        throw error;
      }
    });
  }

  @Post('increment')
  @HttpCode(200)
  increment(
    @Query('id') id: string,
    @Query('milliseconds') milliseconds: string,
  ) {
    return this.tried(
      async (tx) => {
        const { rows } = await tx.query<{ balance: string }>(
          'SELECT balance FROM probe_accounts WHERE id = $1',
          [id],
        );
        await pause(Number(milliseconds));
        await tx.query('UPDATE probe_accounts SET balance = $2 WHERE id = $1', [
          id,
          BigInt(rows[0]?.balance ?? 0) + 1n,
        ]);
      },
      { isolation: 'serializable' },
    );
  }

  @Post('deadlock')
  @HttpCode(200)
  deadlock(
    @Query() query: Record<'first' | 'second' | 'milliseconds', string>,
  ) {
    return this.tried(async (tx) => {
      await add(tx, query.first, 1);
      await pause(Number(query.milliseconds));
      await add(tx, query.second, 1);
    });
  }

  @Post('conflict')
  @HttpCode(200)
  conflict() {
    return this.tried(async (tx) => {
      await tx.query(
        "DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$",
      );
    });
  }

  @Post('original_error')
  @HttpCode(200)
  originalError() {
    return this.tried(async (tx) => {
      try {
        await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
      } catch {
        // What matters is what comes next.
      }
      throw new Boom();
    });
  }

  @Post('slow_commit')
  @HttpCode(200)
  slowCommit(@Query('id') id: string) {
    return this.tried(async (tx) => {
      await tx.query('INSERT INTO probe_slow (id) VALUES ($1)', [id]);
    });
  }

  @Get(['sync', 'sync_pid', 'sync_refused'])
  sync() {
    throw new NotImplementedException();
  }

  @Get('metadata')
  metadata() {
    return this.database.getMetadata();
  }

  @Get('debug')
  async debug() {
    const config = this.database.getConfig();
    const url = DatabaseUrl.parse(
      'postgres://someone:secret@127.0.0.1:1/nowhere?password=secret',
    );
    const failing = new DatabasePostgresService(
      { ...config, url },
      {} as HttpAdapterHost,
    );
    const error: unknown = await failing
      .connect()
      .catch((error: unknown) => error);
    const parts = [config, this.database, url, failing, error];
    const shown = parts.map(
      (part) => `${inspect(part, { depth: 12 })} ${String(part)}`,
    );
    return { text: shown.join(' ') };
  }
}
