"""备份、恢复与恢复演练: whole copies of an installation, and what makes sure that destroyed files stay destroyed in them."""
