"""A tree that does what a list of steps says; each step is a key, with one more bit: set to insert, clear to erase."""

from __future__ import annotations

from lockwright.language import Array, Ptr, Struct, Workload, alloc, field, free, u32, u64
from lockwright.structures.red_black_tree import RedBlackTree, TreeNode


class Item(Struct):
    place: TreeNode[Item]
    made_in: u32


class TreeScript(Workload):
    tree: RedBlackTree[Item]
    count: u32
    steps: Array[u64] = field(length=64)
    sizes: Array[u32] = field(length=64)
    keys: Array[u64] = field(length=64)

    def each_thread(self) -> None:
        for number in range(self.count):
            key = self.steps[number] >> 1
            if self.steps[number] & 1 == 1:
                self.add(key, number)
            else:
                found = self.tree.find(key)
                if found is not None:
                    self.remove(found)
            self.sizes[number] = self.tree.assert_sound()
        place = self.tree.first()
        index = u32(0)
        while place is not None:
            self.keys[index] = place.key
            index += 1
            place = self.tree.following(place)

    def add(self, key: u64, number: u32) -> None:
        item = alloc(Item)
        assert item is not None
        item.made_in = number
        self.tree.insert(item.place, key, item)

    def remove(self, item: Ptr[Item]) -> None:
        self.tree.erase(item.place)
        assert not item.place.linked
        free(item)
