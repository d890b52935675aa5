import { Controller, Get, Param, Post } from '@nestjs/common';
import {
  Connection,
  DatabasePostgresService,
  RequestConnection,
  RequestTransaction,
  Transaction,
} from './db-postgres';

@Controller('accounts')
export class AccountsController {
  constructor(private readonly database: DatabasePostgresService) {}

  /** A connection for the request, given back when the handler has ended. */
  @Get(':id')
  async find(
    @RequestConnection() connection: Connection,
    @Param('id') id: string,
  ) {
    const { rows } = await connection.query(
      'SELECT id, balance FROM accounts WHERE id = $1',
      [id],
    );
    return rows[0];
  }

  /** A transaction for the request. Without `commit` it is rolled back. */
  @Post()
  async open(@RequestTransaction() transaction: Transaction) {
    const { rows } = await transaction.query<{ id: number }>(
      'INSERT INTO accounts (balance) VALUES (0) RETURNING id',
    );
    await transaction.commit();
    return rows[0];
  }

  /** Committed if the function succeeds; run again after a deadlock. */
  @Post(':from/transfer/:to')
  async transfer(@Param('from') from: string, @Param('to') to: string) {
    await this.database.runInTransaction(
      async (transaction) => {
        const change =
          'UPDATE accounts SET balance = balance + $2 WHERE id = $1';
        await transaction.query(change, [from, -1]);
        await transaction.query(change, [to, 1]);
      },
      { isolation: 'serializable' },
    );
  }
}
