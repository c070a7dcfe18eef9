from matloop.store.memory import MemoryLedger
from matloop.store.sqlite import SqliteLedger
from matloop.testing.ledgers import LedgerContract


class TestMemoryLedger(LedgerContract):
    def keeper(self, folder, **settings):
        return MemoryLedger(**settings)


class TestSqliteLedger(LedgerContract):
    def keeper(self, folder, **settings):
        return SqliteLedger(folder / "ledger.db", **settings)
