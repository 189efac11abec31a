"""A red-black tree whose nodes lie inside the records that it orders; whoever calls holds a lock.

A node points to its record, where Linux computes the address of that.  Of equal keys the later one is to the right.
Source: Linux 3.2 lib/rbtree.c; Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, chapter 13.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import Ptr, Struct, u32, u64

V = TypeVar("V", bound=Struct)


class TreeNode(Struct, Generic[V]):
    """A place in a tree; zero is a red node without children."""

    key: u64
    black: bool
    linked: bool
    record: Ptr[V] | None
    parent: Ptr[TreeNode[V]] | None
    left: Ptr[TreeNode[V]] | None
    right: Ptr[TreeNode[V]] | None


class RedBlackTree(Struct, Generic[V]):
    root: Ptr[TreeNode[V]] | None

    def find(self, key: u64) -> Ptr[V] | None:
        """Return the first record met with this key."""
        node = self.root
        while node is not None:
            if key == node.key:
                return node.record
            node = node.left if key < node.key else node.right
        return None

    def insert(self, node: Ptr[TreeNode[V]], key: u64, record: Ptr[V]) -> None:
        node.key = key
        node.record = record
        node.linked = True
        node.black = False
        node.left = None
        node.right = None
        parent: Ptr[TreeNode[V]] | None = None
        below = self.root
        while below is not None:
            parent = below
            below = below.left if key < below.key else below.right
        node.parent = parent
        if parent is None:
            self.root = node
        elif key < parent.key:
            parent.left = node
        else:
            parent.right = node
        self.recolour_after_insert(node)

    def recolour_after_insert(self, inserted: Ptr[TreeNode[V]]) -> None:
        """Remove the red parent of a red node, from the bottom up."""
        node = inserted
        while True:
            parent = node.parent
            if parent is None or parent.black:
                break
            grandparent = parent.parent
            assert grandparent is not None
            is_left = grandparent.left is parent
            uncle = grandparent.right if is_left else grandparent.left
            if uncle is not None and not uncle.black:
                uncle.black = True
                parent.black = True
                grandparent.black = False
                node = grandparent
                continue
            inner = parent.right if is_left else parent.left
            if inner is node:
                self.rotate(parent, to_left=is_left)
                parent = node
            parent.black = True
            grandparent.black = False
            self.rotate(grandparent, to_left=not is_left)
            break
        top = self.root
        assert top is not None
        top.black = True

    def erase(self, node: Ptr[TreeNode[V]]) -> None:
        gone_black = node.black
        child: Ptr[TreeNode[V]] | None = None
        parent: Ptr[TreeNode[V]] | None = None
        right = node.right
        if node.left is None or right is None:
            child = right if node.left is None else node.left
            parent = node.parent
            self.replace(node, child)
        else:
            successor = right
            below = successor.left
            while below is not None:
                successor = below
                below = successor.left
            gone_black = successor.black
            child = successor.right
            parent = successor.parent
            if parent is node:
                parent = successor
            else:
                self.replace(successor, child)
                successor.right = right
                right.parent = successor
            self.replace(node, successor)
            left = node.left
            successor.left = left
            if left is not None:
                left.parent = successor
            successor.black = node.black
        node.linked = False
        node.parent = None
        node.left = None
        node.right = None
        if gone_black:
            self.recolour_after_erase(child, parent)

    def recolour_after_erase(self, lacking: Ptr[TreeNode[V]] | None, above: Ptr[TreeNode[V]] | None) -> None:
        """Give back the black node that the paths through `lacking`, below `above`, have lost."""
        node = lacking
        parent = above
        while parent is not None:
            if node is not None and not node.black:
                break
            is_left = parent.left is node
            sibling = parent.right if is_left else parent.left
            assert sibling is not None
            if not sibling.black:
                sibling.black = True
                parent.black = False
                self.rotate(parent, to_left=is_left)
                sibling = parent.right if is_left else parent.left
                assert sibling is not None
            near = sibling.left if is_left else sibling.right
            far = sibling.right if is_left else sibling.left
            if (near is None or near.black) and (far is None or far.black):
                sibling.black = False
                node = parent
                parent = node.parent
                continue
            if far is None or far.black:
                assert near is not None
                near.black = True
                sibling.black = False
                self.rotate(sibling, to_left=not is_left)
                sibling = near
                far = sibling.right if is_left else sibling.left
            assert far is not None
            sibling.black = parent.black
            parent.black = True
            far.black = True
            self.rotate(parent, to_left=is_left)
            return
        if node is not None:
            node.black = True

    def rotate(self, node: Ptr[TreeNode[V]], to_left: bool) -> None:
        """Let a child take the node's place, and the node become its child on the side named."""
        child = node.right if to_left else node.left
        assert child is not None
        inner = child.left if to_left else child.right
        self.replace(node, child)
        if to_left:
            node.right = inner
            child.left = node
        else:
            node.left = inner
            child.right = node
        if inner is not None:
            inner.parent = node
        node.parent = child

    def replace(self, node: Ptr[TreeNode[V]], by: Ptr[TreeNode[V]] | None) -> None:
        """Let `by` hang where `node` hangs."""
        parent = node.parent
        if parent is None:
            self.root = by
        elif parent.left is node:
            parent.left = by
        else:
            parent.right = by
        if by is not None:
            by.parent = parent

    def first(self) -> Ptr[TreeNode[V]] | None:
        node = self.root
        if node is None:
            return None
        below = node.left
        while below is not None:
            node = below
            below = node.left
        return node

    def following(self, node: Ptr[TreeNode[V]]) -> Ptr[TreeNode[V]] | None:
        """Return the next node in order."""
        below = node.right
        if below is not None:
            after = below
            left = after.left
            while left is not None:
                after = left
                left = after.left
            return after
        here = node
        parent = here.parent
        while parent is not None and parent.right is here:
            here = parent
            parent = here.parent
        return parent

    def assert_sound(self) -> u32:
        """Find order, links and colours right, and return the number of nodes; for `at_rest`."""
        count = u32(0)
        blacks = u32(0)
        node = self.first()
        while node is not None:
            count += 1
            assert node.linked
            parent = node.parent
            assert parent is not None or node.black
            assert parent is None or node.black or parent.black
            assert parent is None or parent.left is node or parent.right is node
            if node.left is None or node.right is None:
                above = self.blacks_above(node)
                assert blacks == 0 or blacks == above
                blacks = above
            after = self.following(node)
            assert after is None or node.key <= after.key
            node = after
        return count

    def blacks_above(self, bottom: Ptr[TreeNode[V]]) -> u32:
        """Return how many black nodes the way from the root to a node has, both ends counted."""
        blacks = u32(0)
        node: Ptr[TreeNode[V]] | None = bottom
        while node is not None:
            if node.black:
                blacks += 1
            node = node.parent
        return blacks
