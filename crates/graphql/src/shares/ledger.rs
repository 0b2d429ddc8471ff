//! Who holds how much of something that is shared, and the rule by which it is.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
};

use super::party::{Group, Member, Party};

/// Who holds how much of something, such as permits or bytes.
///
/// A party gets more only while it then holds no more than is free, and a group while it holds no
/// more than twice as much. So somebody who is alone can have half of everything, or two thirds as a
/// group, and whoever comes next finds something that is free. Where there is little, each party can
/// have one.
#[derive(Debug)]
pub(super) struct Ledger {
    total: usize,
    /// The part of the total that only the server's own work may take.
    reserved: usize,
    taken: usize,
    /// Counts what was given and the waits that began.
    turn: u64,
    groups: HashMap<Group, Account>,
    parties: HashMap<Member, Account>,
}

/// What a party or a group holds and waits for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    pub(super) held: usize,
    pub(super) waiting: usize,
    /// When it was given something last, in turns.
    pub(super) last_turn: u64,
}

impl Ledger {
    /// Nobody holds anything of a total. A part of it may be reserved for the server's own work.
    pub(super) fn new(total: usize, reserved: usize) -> Self {
        Self {
            total,
            reserved,
            taken: 0,
            turn: 0,
            groups: HashMap::new(),
            parties: HashMap::new(),
        }
    }

    /// How much is held.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// Whether nobody holds or waits for anything.
    #[cfg(test)]
    pub(super) fn is_unused(&self) -> bool {
        self.taken == 0 && self.groups.is_empty() && self.parties.is_empty()
    }

    /// What a party holds and waits for.
    pub(super) fn of_party(&self, party: Party) -> Account {
        let account = self.parties.get(&party.member());
        account.copied().unwrap_or_default()
    }

    /// What the group of a party holds and waits for.
    pub(super) fn of_group(&self, party: Party) -> Account {
        let account = self.groups.get(&party.group());
        account.copied().unwrap_or_default()
    }

    /// Whether a party may have so much more.
    pub(super) fn allows(&self, party: Party, amount: usize) -> bool {
        if party == Party::Server {
            return self.taken + amount <= self.total;
        }
        let free = self.total.saturating_sub(self.reserved + self.taken);
        self.of_party(party).held + amount <= free && self.of_group(party).held + amount <= 2 * free
    }

    /// Counts something as given, whether or not that is allowed.
    pub(super) fn take(&mut self, party: Party, amount: usize) {
        self.taken += amount;
        let turn = self.next_turn();
        self.update(party, |account| {
            account.held += amount;
            account.last_turn = turn;
        });
    }

    /// Counts something as given back.
    pub(super) fn give_back(&mut self, party: Party, amount: usize) {
        self.taken -= amount;
        self.update(party, |account| account.held -= amount);
    }

    /// Counts a wait that begins. Returns its turn, which no other wait has.
    pub(super) fn begin_waiting(&mut self, party: Party) -> u64 {
        self.update(party, |account| account.waiting += 1);
        self.next_turn()
    }

    /// Counts a wait that ends.
    pub(super) fn end_waiting(&mut self, party: Party) {
        self.update(party, |account| account.waiting -= 1);
    }

    fn next_turn(&mut self) -> u64 {
        self.turn += 1;
        self.turn
    }

    /// Changes the accounts of a party and its group. Those that are empty are forgotten.
    fn update(&mut self, party: Party, change: impl Fn(&mut Account)) {
        update(&mut self.groups, party.group(), &change);
        update(&mut self.parties, party.member(), &change);
    }
}

fn update<K: Eq + Hash>(accounts: &mut HashMap<K, Account>, key: K, change: impl Fn(&mut Account)) {
    match accounts.entry(key) {
        Entry::Occupied(mut entry) => {
            change(entry.get_mut());
            if entry.get().held == 0 && entry.get().waiting == 0 {
                entry.remove();
            }
        }
        Entry::Vacant(entry) => change(entry.insert(Account::default())),
    }
}
